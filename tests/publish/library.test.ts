import { readFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run, start } from "../../packages/lstar/src/index.ts";
import { compile, need, root } from "../native.ts";
import { pattern, sha } from "./serve.ts";

async function text(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

it("connect: streams into a guest's server, without sockets of the host", { timeout: 60_000 }, async () => {
  const program = await compile(join(root, "tests/publish/server.c"));
  let shown = "";
  const machine = await start(["/server"], {
    files: { "/server": readFileSync(program) },
    network: true,
    onOutput: (stream, bytes) => {
      shown += `${stream}: ${Buffer.from(bytes)}`;
    },
  });
  const echo = await machine.connect(7, { timeout: 10_000 });
  expect(shown).toBe("1: ready 2\n");
  const writer = echo.writable.getWriter();
  await writer.write(Buffer.from("hello"));
  await writer.close();
  expect(String(await text(echo.readable))).toBe("hello");
  // A reader that is slow, on purpose.
  const download = await machine.connect(12);
  await download.writable.getWriter().write(Buffer.from("3000000"));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(sha(await text(download.readable))).toBe(sha(pattern(3_000_000)));
  const upload = await machine.connect(11);
  const bytes = pattern(1_000_000);
  const w = upload.writable.getWriter();
  await w.write(bytes);
  await w.close();
  expect(String(await text(upload.readable))).toMatch(/^1000000 /);
  const reset = await machine.connect(13);
  await reset.writable.getWriter().write(new Uint8Array(1));
  await expect(text(reset.readable)).rejects.toMatchObject({ code: "ECONNRESET" });
  await expect(machine.connect(99)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await expect(machine.connect(0)).rejects.toThrow("0 is no port");
  machine.signal("SIGTERM");
  expect(await machine.ended).toMatchObject({ status: 143, stdout: "" });
  await expect(machine.connect(7)).rejects.toThrow("the machine has ended");
});

it("publish, stop, and what is refused", { timeout: 60_000 }, async () => {
  const machine = await start([need("/bin/busybox"), "httpd", "-f", "-p", "80", "-h", "/"], {
    files: { "/page": "a page\n" },
    publish: ["0:80"],
  });
  const [port] = machine.ports;
  expect(port).toMatchObject({ ip: "127.0.0.1", guestPort: 80, protocol: "tcp" });
  await machine.connect(80, { timeout: 10_000 });
  const page = await new Promise<string>((resolve, reject) => {
    get(`http://127.0.0.1:${port?.hostPort}/page`, (r) => {
      let all = "";
      r.on("data", (d) => {
        all += d;
      }).on("end", () => resolve(all));
    }).on("error", reject);
  });
  expect(page).toBe("a page\n");
  machine.stop();
  expect((await machine.ended).status).toBe(137);
  await expect(start(["/bin/busybox", "true"], { publish: ["80"] })).rejects.toThrow('publish "80": expected');
  await expect(start(["/bin/busybox", "true"], { allowConnect: ["x"] })).rejects.toThrow('allowConnect "x": expected');
  const alone = await start(["/bin/busybox", "sleep", "1"]);
  await expect(alone.connect(80)).rejects.toThrow("no network");
  expect((await alone.ended).status).toBe(0);
  expect((await run(["/bin/busybox", "ls", "/sys/class/net"])).stdout).toBe("lo\n");
  expect((await run(["/bin/busybox", "ls", "/sys/class/net"], { network: true })).stdout).toBe("eth0\nlo\n");
});
