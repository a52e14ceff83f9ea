import type { StartOptions } from "../packages/lstar/src/boot.ts";

/** What starts a machine for a program, by root, in a guest of its own with a virtual clock, unless `more` says otherwise. */
export function startOptions(argv: readonly string[], more: Partial<StartOptions> = {}): StartOptions {
  return {
    argv: [...argv],
    env: [],
    root: null,
    mounts: [],
    cwd: "/tmp",
    user: { uid: 0, gid: 0 },
    memory: 1024 ** 3,
    seed: 1,
    clock: "virtual",
    hostname: "lstar",
    files: [],
    bringIn: null,
    ...more,
  };
}
