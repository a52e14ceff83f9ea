// Pictures of every room of the lab, at desktop and phone width, light and dark: docs/lab/*.webp. With them docs/lab/lab.png for the README.
// Needs Chromium: CHROMIUM=/path, or /usr/bin/chromium.
import { spawn } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../", import.meta.url));
const out = join(root, "docs/lab");
mkdirSync(out, { recursive: true });
const rooms = [
  ["syscalls", "read_write", "hello from the box\n"],
  ["vdso", "vdso_clock", null],
  ["epoll", "epoll_lt", null],
  ["signals", "signals", null],
  ["processes", "fork_exec", null],
];
const widths = [
  ["desktop", { width: 1360, height: 900 }],
  ["phone", { width: 360, height: 780 }],
];

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
function webp(page, png) {
  return page.evaluate(async (data) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.8 });
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let binary = "";
    for (const b of bytes) binary += String.fromCharCode(b);
    return btoa(binary);
  }, png);
}

/** Runs the room's program and puts the cursor in its midst, on an event that the room has something to show of. */
async function picture(room, program, stdin, colorScheme, [size, viewport], name = `${room}-${size}-${colorScheme}`) {
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  await page.goto(`${url}#room=${room}&program=${program}`);
  if (stdin !== null) {
    await page.locator("details.stdin summary").click();
    await page.locator("#stdin").fill(stdin);
  }
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator(".status").filter({ hasText: "Program " }).waitFor();
  const proof = page.getByRole("button", { name: "Prove it" }).first();
  if (room === "epoll" && (await proof.count()) > 0) {
    await proof.click();
    await page.getByText("The cursor is where it is seen.").waitFor();
  } else {
    await page.locator(".lanes").focus();
    for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowLeft");
  }
  await page.waitForTimeout(1200);
  const path = join(out, `${name}.${name === "lab" ? "png" : "webp"}`);
  await page.evaluate(() => scrollTo(0, 0));
  const shot = await page.screenshot({ fullPage: name !== "lab", scale: "css" });
  if (name === "lab") writeFileSync(path, shot);
  else writeFileSync(path, Buffer.from(await webp(page, shot.toString("base64")), "base64"));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  console.log(`${path} ${Math.round(statSync(path).size / 1024)} KB${wide > 0 ? `, ${wide} px too wide` : ""}`);
  await context.close();
}

for (const [room, program, stdin] of rooms)
  for (const scheme of ["light", "dark"]) for (const width of widths) await picture(room, program, stdin, scheme, width);
await picture("epoll", "epoll_lt", null, "light", widths[0], "lab");
await browser.close();
server.kill();
