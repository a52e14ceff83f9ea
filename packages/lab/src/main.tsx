import "@xterm/xterm/css/xterm.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/moment.css";
import "./styles/timeline.css";
import "./styles/rooms.css";
import { render } from "preact";
import { fetchKernelIndex } from "./page/kernelIndex.ts";
import { followLink, openLink } from "./page/permalink.ts";
import { fetchLists, warmUp } from "./page/session.ts";
import { watchShell } from "./page/shell.ts";
import { App } from "./ui/App.tsx";

const embed = new URLSearchParams(location.search).get("embed") === "1";
const app = document.getElementById("app")!;

watchShell(embed);
warmUp();
await fetchLists();
app.textContent = "";
render(<App />, app);
await openLink();
followLink();
void fetchKernelIndex();
if ("serviceWorker" in navigator && import.meta.env.PROD && location.protocol !== "file:") {
  navigator.serviceWorker.register(new URL("sw.js", document.baseURI)).catch(() => {
    // Without it the page works as well, only not offline.
  });
}
