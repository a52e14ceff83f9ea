import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import type { MsgQueue } from "./msg.ts";
import type { SemArray, SemUndo } from "./sem.ts";
import type { ShmSegment } from "./shm.ts";
import { IpcIds } from "./util.ts";

/** All System V objects of the machine (struct ipc_namespace). */
export class IpcNamespace {
  shm = new IpcIds<ShmSegment>();
  sem = new IpcIds<SemArray>();
  msg = new IpcIds<MsgQueue>();
  /** Pages of all segments. */
  shmPages = 0;
  /** Changes to take back when a process ends, by process. */
  undo = new Map<number, SemUndo[]>();
}
stateClass(IpcNamespace);

export function ipcNamespace(k: Kernel): IpcNamespace {
  let ns = k.subsystems.get("ipc") as IpcNamespace | undefined;
  if (!ns) {
    ns = new IpcNamespace();
    k.subsystems.set("ipc", ns);
  }
  return ns;
}
