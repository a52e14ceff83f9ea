// Pictures of every room of the lab, at desktop and phone width, light and dark: docs/lab/ROOM-WIDTH-SCHEME.webp; and docs/lab/lab.webp
// for the README. Needs Chromium: CHROMIUM=/path, or /usr/bin/chromium. Names of pictures as arguments make only those.
import { spawn } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../", import.meta.url));
const out = join(root, "docs/lab");
mkdirSync(out, { recursive: true });

/** room, program, standard input, and which of the events that a search finds the cursor stands on (null: the room's first proof). */
const rooms = [
  ["syscalls", "read_write", "hello from the box\n", ["read", 0]],
  ["vdso", "vdso_clock", null, ["write", 0]],
  ["epoll", "epoll_lt", null, null],
  ["io_uring", "uring_flight", null, ["io_uring wait", 0]],
  ["copies", "copies", null, ["write", 3]],
  ["signals", "signals", null, ["SIGUSR1", 1]],
  ["processes", "fork_exec", null, ["execve", 0]],
  ["source", "hello", null, ["write", 0]],
];
const sizes = [
  ["desktop", { width: 1440, height: 900 }],
  ["phone", { width: 360, height: 780 }],
];
/** A phone's page is long: this much of it is shown. */
const PHONE_HEIGHT = 2600;
const MOST_BYTES = 120 * 1024;
const only = process.argv.slice(2);

const server = spawn(process.execPath, ["scripts/start.mjs"], {
  cwd: root,
  env: { ...process.env, PORT: "0", BROWSER: "none" },
  stdio: ["ignore", "pipe", "inherit"],
});
const url = await new Promise((resolve, reject) => {
  let text = "";
  server.stdout.on("data", (d) => {
    text += d;
    const found = /http:\S+/.exec(text);
    if (found) resolve(found[0]);
  });
  server.on("exit", () => reject(new Error("the lab could not be built")));
});
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/** The browser itself makes small pictures of large ones. */
function webp(page, png, quality) {
  return page.evaluate(
    async ([data, q]) => {
      const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      const blob = await canvas.convertToBlob({ type: "image/webp", quality: q });
      const bytes = new Uint8Array(await blob.arrayBuffer());
      let binary = "";
      for (const b of bytes) binary += String.fromCharCode(b);
      return btoa(binary);
    },
    [png, quality],
  );
}

/** Runs the program and puts the cursor where the room has something to show. */
async function picture(name, room, program, stdin, at, colorScheme, [size, viewport]) {
  if (only.length > 0 && !only.includes(name)) return;
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  await page.goto(`${url}#room=${room}&program=${program}`);
  if (stdin !== null) {
    await page.locator("details.stdin summary").click();
    await page.locator("#stdin").fill(stdin);
  }
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator(".status").filter({ hasText: "Program " }).waitFor();
  if (at) {
    await page.locator("#search").fill(at[0]);
    await page.getByRole("list", { name: "Events found" }).getByRole("button").nth(at[1]).click();
    await page.locator("#search").fill("");
    const count = page.getByRole("button", { name: "Count the copies" });
    if (await count.isVisible()) {
      await count.click();
      await page.locator(".room td").filter({ hasText: /^…$/ }).first().waitFor({ state: "detached", timeout: 60_000 });
    }
  } else {
    await page.getByRole("button", { name: "Prove it" }).first().click();
    await page.getByText("The cursor is where it is seen.").waitFor();
  }
  await page.locator('.pane.moment[aria-busy="false"]').waitFor();
  // Calls as strace prints them come late.
  await page.waitForTimeout(2500);
  await page.evaluate(() => {
    document.activeElement?.blur();
    for (const e of [document.scrollingElement, ...document.querySelectorAll(".beside, .moment, .room")]) e.scrollTop = 0;
  });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (size === "phone") {
    const height = Math.min(await page.evaluate(() => document.documentElement.scrollHeight), PHONE_HEIGHT);
    await page.setViewportSize({ width: viewport.width, height });
    await page.waitForTimeout(500);
  }
  const png = (await page.screenshot({ scale: "css" })).toString("base64");
  let bytes;
  for (const quality of [0.85, 0.75, 0.6, 0.45]) {
    bytes = Buffer.from(await webp(page, png, quality), "base64");
    if (bytes.length <= MOST_BYTES) break;
  }
  const path = join(out, `${name}.webp`);
  writeFileSync(path, bytes);
  console.log(`${path} ${Math.round(statSync(path).size / 1024)} KB${wide > 0 ? `, ${wide} px too wide` : ""}`);
  await context.close();
}

try {
  for (const [room, program, stdin, at] of rooms)
    for (const scheme of ["light", "dark"])
      for (const size of sizes) await picture(`${room}-${size[0]}-${scheme}`, room, program, stdin, at, scheme, size);
  await picture("lab", "syscalls", "pipe", null, ["write", 4], "light", ["desktop", { width: 1440, height: 900 }]);
} finally {
  await browser.close();
  server.kill();
}
