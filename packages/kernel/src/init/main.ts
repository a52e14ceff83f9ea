import "./initcalls.ts";
import { CpuContext } from "@lstar/machine";
import { openStdio } from "../drivers/tty/stdio.ts";
import { kernelExecve } from "../fs/exec.ts";
import { fdInstall } from "../fs/file.ts";
import { pathLookupAt } from "../fs/namei.ts";
import { FilesStruct, FsStruct, type Path, type SuperBlock } from "../include/linux/fs.ts";
import { Cred, type SigAction, Task } from "../include/linux/sched.ts";
import { allocPid } from "../kernel/pid.ts";
import { initRlimits } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import { netDevices } from "../net/core/dev.ts";
import { SIG_IGN, SIGCHLD } from "../uapi/signal.ts";
import { mountDefaults, mountRoot } from "./doMounts.ts";

/** What a machine starts with. */
export interface BootOptions {
  /** The root file system: an empty tmpfs, or a function that makes the super block. */
  rootfs: "tmpfs" | ((k: Kernel) => SuperBlock | number);
  /** Source name of the root as /proc/mounts shows it. */
  rootSource?: string;
  /** Runs once the root and the default file systems are mounted, in init's context: fills or mounts more. 0 or a negated errno. */
  prepare?: (k: Kernel) => number;
  /** File to execute; argv[0] if absent. */
  path?: string;
  /** Byte strings (latin1). */
  argv: string[];
  envp: string[];
  cwd: string;
  uid: number;
  gid: number;
  groups?: number[];
}

const CAP_NONE: [number, number] = [0, 0];

/**
 * Makes pid 1, mounts, and makes pid 2, which is to become the program. Nothing of it depends on the seed.
 * @linux init/main.c start_kernel
 */
export function startKernel(k: Kernel, options: BootOptions): number {
  // Mounting is done in init's context, which has no root before it.
  const nowhere = undefined as unknown as Path;
  const init = makeInit(k, new FsStruct(nowhere, nowhere));
  k.initTask = k.current = init;
  const root = mountRoot(k, options.rootfs, options.rootSource);
  if (typeof root === "number") return root;
  init.fs.root = init.fs.pwd = { mnt: root, dentry: root.root };
  // While the host is the one that the machine starts with.
  netDevices(k);
  const mounted = mountDefaults(k);
  if (mounted < 0) return mounted;
  const prepared = options.prepare?.(k) ?? 0;
  if (prepared < 0) return prepared;
  return makeProgram(k, options);
}

function makeInit(k: Kernel, fs: FsStruct): Task {
  const pid = allocPid(k);
  const init = new Task(pid, pid, CpuContext.create(), null, new FilesStruct(), fs, new Cred());
  init.comm = "init";
  init.state = 1;
  init.signal.threads.push(init);
  init.signal.pgrp = init.signal.session = 0;
  init.signal.rlim = initRlimits();
  // It never waits: orphans that end as its children leave nothing behind.
  (init.sighand.action[SIGCHLD] as SigAction).handler = SIG_IGN;
  k.pids.set(pid, init);
  return init;
}

function makeProgram(k: Kernel, options: BootOptions): number {
  const init = k.initTask;
  const pid = allocPid(k);
  const cred = new Cred();
  cred.uid = cred.euid = cred.suid = cred.fsuid = options.uid;
  cred.gid = cred.egid = cred.sgid = cred.fsgid = options.gid;
  cred.groups = options.groups ?? (options.uid === 0 ? [0] : [options.gid]);
  if (options.uid !== 0) {
    cred.capPermitted = CAP_NONE;
    cred.capEffective = CAP_NONE;
  }
  const task = new Task(pid, pid, CpuContext.create(), init, new FilesStruct(), new FsStruct(init.fs.root, init.fs.pwd), cred);
  task.comm = "init";
  task.sasFlags = 0;
  task.startTime = k.time.now();
  task.signal.threads.push(task);
  task.signal.pgrp = task.signal.session = pid;
  task.signal.leaderOfSession = true;
  task.signal.rlim = initRlimits();
  init.children.push(task);
  k.pids.set(pid, task);
  k.program = k.current = task;

  const cwd = pathLookupAt(k, -100, options.cwd, 1);
  if (typeof cwd !== "number") task.fs.pwd = cwd;
  for (let i = 0; i < 3; i++) {
    const file = openStdio(k, i);
    if (typeof file === "number") return file;
    const fd = fdInstall(k, file, false);
    if (fd < 0) return fd;
  }
  k.cpuTask = task;
  k.programPath = options.path ?? options.argv[0] ?? "";
  k.programArgv = options.argv;
  k.programEnvc = options.envp.length;
  return 0;
}

/** Lets pid 2 execute the program. 0 or a negated errno. @linux init/main.c run_init_process */
export function runProgram(k: Kernel, options: BootOptions): number {
  const result = kernelExecve(k, options.path ?? options.argv[0] ?? "", options.argv, options.envp);
  if (result < 0) return result;
  k.sched.wakeUpNew(k.program);
  return 0;
}
