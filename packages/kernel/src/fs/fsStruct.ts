import { FsStruct } from "../include/linux/fs.ts";
import type { Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { shutdownDetached } from "./shutdownSuper.ts";

/** A private copy of root, working directory and umask. @linux fs/fs_struct.c copy_fs_struct */
export function copyFs(old: FsStruct): FsStruct {
  const fs = new FsStruct(old.root, old.pwd);
  fs.umask = old.umask;
  return fs;
}

/** A task gives its share back. @linux fs/fs_struct.c exit_fs */
export function exitFs(k: Kernel, task: Task): void {
  if (--task.fs.count === 0) shutdownDetached(k);
}
