import { join } from "node:path";
import { it } from "vitest";
import { expectAsNative, freshDirectory, lstar, need, root, run } from "../native.ts";

const env = { PATH: "/usr/bin:/bin", HOME: "/root", LC_ALL: "C" };
const guest = ["run", "--root", "/", "--cwd", "/tmp", ...Object.entries(env).flatMap(([k, v]) => ["--env", `${k}=${v}`])];

/** The same command natively and in lstar: same output, same status. */
async function same(...command: string[]): Promise<void> {
  const [file, ...args] = command as [string, ...string[]];
  await expectAsNative(await lstar([...guest, file, ...args]), async () => {
    const dir = freshDirectory();
    try {
      return await run(file, args, { cwd: dir.path, env });
    } finally {
      dir.remove();
    }
  });
}

it("a pipeline, a listing, arithmetic, an exit status", { timeout: 60_000 }, async () => {
  const script = "seq 1 100000 | sort -rn | head -3; ls -l /etc | wc -l; echo $((6*7)); false || exit 7";
  await same(need("/bin/busybox"), "sh", "-c", script);
});

it("busybox: awk, sed, tar, find, traps, here-documents, 200 background jobs", { timeout: 60_000 }, async () => {
  await same(need("/bin/busybox"), "sh", join(root, "tests/programs/busybox.sh"));
});

it("busybox sh: job control", { timeout: 60_000 }, async () => {
  const script = "exec 2>/dev/null; set -m; sleep 100 & kill -STOP %1; kill -KILL %1; wait %1; echo status $?; (exit 3) & wait $!; echo $?";
  await same(need("/bin/busybox"), "sh", "-c", script);
});

it("bash: two hundred lines of its features", { timeout: 60_000 }, async () => {
  await same(need("bash-static"), join(root, "tests/programs/features.bash"));
});

const programs: [string, string[]][] = [
  ["ls", ["/bin/ls", "/usr/share"]],
  ["sha256sum", ["/bin/sh", "-c", "seq 1 20000 | sha256sum"]],
  ["gzip and xz", ["/bin/sh", "-c", "seq 1 20000 | gzip -9 | gzip -d | xz -1 | xz -d | md5sum"]],
  [
    "perl",
    [
      "perl",
      "-e",
      'my %h = map { $_ => $_ ** 2 } 1 .. 100; printf "%s %.6f\\n", join(",", (sort { $a <=> $b } values %h)[0 .. 5]), sqrt 2',
    ],
  ],
  ["lua", ["lua5.3", "-e", 'local t = {} for i = 1, 1000 do t[#t + 1] = i end print(#t, table.concat(t, "+", 1, 5), 2^0.5)']],
  [
    "sqlite3",
    [
      "sqlite3",
      ":memory:",
      "create table t(a); insert into t select value from generate_series(1,1000); select count(*), sum(a), avg(a) from t",
    ],
  ],
  ["tcc compiles and runs", ["tcc", "-run", join(root, "tests/programs/hello.c"), "from tcc"]],
];
for (const [name, [file, ...args]] of programs) {
  it(`dynamic: ${name}`, { timeout: 60_000 }, async () => {
    await same(need(file!), ...args);
  });
}
