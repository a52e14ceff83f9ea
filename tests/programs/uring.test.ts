import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freshDirectory, lstar, need, run } from "../native.ts";

/** Programs that use io_uring of their own accord. */
const guest = ["run", "--root", "/", "--env", "PATH=/usr/bin:/bin", "--env", "HOME=/nonexistent", "--cwd", "/tmp"];

/** A job file of fio's for a file in the guest; every block is read back and compared. */
const job = (more: string): string => `[global]
ioengine=io_uring
filename=/tmp/fio.data
size=512k
bs=4k
thread=1
verify=crc32c
[job]
${more}`;

it.concurrent.each([
  ["random writes", "rw=randwrite\niodepth=8\n"],
  ["registered buffers and files, a thread that polls", "rw=randrw\niodepth=4\nfixedbufs=1\nregisterfiles=1\nsqthread_poll=1\n"],
])("fio: %s", { timeout: 120_000 }, async (_name, options) => {
  need("fio");
  const dir = freshDirectory();
  try {
    writeFileSync(join(dir.path, "job.fio"), job(options));
    const args = ["--mount", `${dir.path}:/jobs`, "fio", "--minimal", "/jobs/job.fio"];
    const r = await lstar([...guest, ...args], { timeout: 110_000 });
    expect(r.stderr).toBe("");
    expect(r.status).toBe(0);
    // terse version, fio version, job, group, error, KiB read
    const fields = r.stdout.trim().split(";");
    expect(fields.slice(2, 6)).toEqual(["job", "0", "0", "512"]);
  } finally {
    dir.remove();
  }
});

const script = `
const fs = require("fs/promises");
(async () => {
  const f = await fs.open("libuv.txt", "w+");
  await f.write("a line of text\\n".repeat(1000));
  await f.datasync();
  const b = Buffer.alloc(100);
  console.log((await f.stat()).size, (await f.read(b, 0, 100, 15)).bytesRead, b.toString("latin1", 0, 14));
  await f.close();
  await fs.rename("libuv.txt", "other.txt");
  console.log(await fs.readdir("."), (await fs.lstat("other.txt")).size);
  await fs.unlink("other.txt");
})();`;

it.concurrent("Node's files by way of libuv's ring", { timeout: 120_000 }, async () => {
  const dir = freshDirectory();
  try {
    const work = join(dir.path, "work");
    mkdirSync(work);
    const env = { PATH: "/usr/bin:/bin", HOME: "/nonexistent", UV_USE_IO_URING: "1" };
    const options = ["--root", "/", ...Object.entries(env).flatMap(([k, v]) => ["--env", `${k}=${v}`]), "--cwd", work];
    const args = ["trace", "-f", "-c", ...options, "--", process.execPath, "-e", script];
    const ours = await lstar(args, { timeout: 110_000 });
    const real = await run(process.execPath, ["-e", script], { cwd: work, env });
    expect([ours.stdout, ours.status]).toEqual([real.stdout, 0]);
    expect(ours.stderr).toMatch(/\bio_uring_enter\n/);
  } finally {
    dir.remove();
  }
});
