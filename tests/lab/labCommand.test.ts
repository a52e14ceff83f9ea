import { mkdirSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findLab } from "../../packages/lstar/src/lab/labCommand.ts";
import { serveFiles } from "../../packages/lstar/src/lab/serveFiles.ts";
import { freshDirectory, root, run } from "../native.ts";
import { Site, serving } from "./site.ts";

const lstar = join(root, "packages/lstar/bin/lstar.js");

test("lstar lab serves the page that npm start has built, on the port that is asked for", async () => {
  // As for the tests of the page: builds what is not there.
  const site = await Site.start();
  await site.stop();
  const { server, url } = await serving([lstar, "lab", "--port", "0"]);
  try {
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("lstar lab");
    expect((await fetch(`${url}sw.js`)).headers.get("content-type")).toMatch(/javascript/);
    expect((await fetch(`${url}nothing`)).status).toBe(404);
    expect((await fetch(url, { method: "POST" })).status).toBe(405);
  } finally {
    server.kill();
  }
}, 200_000);

test("a port that is taken or none at all is told of, with lstar's own status", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const busy = await run(process.execPath, [lstar, "lab", "--port", String(port)]);
  expect(busy).toMatchObject({ status: 125, stdout: "" });
  expect(busy.stderr).toMatch(new RegExp(`cannot listen on port ${port}: it is taken`));
  taken.close();
  for (const bad of ["70000", "-1", "abc"]) {
    const r = await run(process.execPath, [lstar, "lab", `--port=${bad}`]);
    expect(r.status).toBe(125);
    expect(r.stderr).toMatch(/expected a port/);
  }
});

test("the server gives no file from outside of the page's directory", async () => {
  const server = await serveFiles(join(root, "scripts"), 0);
  try {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await fetch(`${base}/start.mjs`)).status).toBe(200);
    for (const path of ["/../package.json", "/%2e%2e/package.json", "/..%2fpackage.json", "/%00", "/%zz", "//etc/passwd"])
      expect([400, 404]).toContain((await fetch(base + path)).status);
  } finally {
    server.close();
  }
});

test("the page is found in the package, or beside it in a clone", () => {
  const dir = freshDirectory();
  const make = (path: string): string => {
    mkdirSync(join(dir.path, path), { recursive: true });
    writeFileSync(join(dir.path, path, "sw.js"), "");
    return join(dir.path, path);
  };
  const dist = join(dir.path, "packages/lstar/dist");
  try {
    expect(findLab(dist)).toBeNull();
    const inClone = make("packages/lab/dist");
    // Another package named lab may lie there.
    expect(findLab(dist)).toBeNull();
    const inPackage = make("packages/lstar/lab");
    expect(findLab(dist)).toBe(inPackage);
    writeFileSync(join(dir.path, "packages/lab/vite.config.ts"), "");
    expect(findLab(dist)).toBe(inClone);
  } finally {
    dir.remove();
  }
});
