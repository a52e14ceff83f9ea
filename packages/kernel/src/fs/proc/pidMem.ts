import type { Task } from "../../include/linux/sched.ts";
import { capable } from "../../kernel/capability.ts";
import type { Kernel } from "../../kernel.ts";
import { PAGE_SIZE, TASK_SIZE } from "../../mm/flags.ts";
import { PTE_ANON, PTE_PRESENT, pteIndex } from "../../mm/pageTable.ts";
import { accessRemoteVm } from "../../mm/remote.ts";
import { CAP_SYS_ADMIN } from "../../uapi/capability.ts";
import { EINVAL, EIO } from "../../uapi/errno.ts";
import { procTask } from "./entry.ts";

/** A process's memory at the position that is its address. @linux fs/proc/base.c mem_rw */
function readMem(k: Kernel, task: Task, pos: number, length: number): Uint8Array | number {
  if (!task.mm) return new Uint8Array(0);
  const out = new Uint8Array(length);
  const n = accessRemoteVm(k, task.mm, pos, out, false, true);
  return n === 0 ? -EIO : out.subarray(0, n);
}

function writeMem(k: Kernel, task: Task, pos: number, bytes: Uint8Array): number {
  if (!task.mm) return 0;
  const n = accessRemoteVm(k, task.mm, pos, bytes, true, true);
  return n === 0 && bytes.length > 0 ? -EIO : n;
}

/** Eight bytes a page: present, exclusive, file page, and for the privileged the frame. @linux fs/proc/task_mmu.c pagemap_read */
function readPagemap(k: Kernel, task: Task, pos: number, length: number): Uint8Array | number {
  if (pos % 8 !== 0 || length % 8 !== 0) return -EINVAL;
  const { mm } = task;
  const pages = Math.min(length / 8, TASK_SIZE / PAGE_SIZE - pos / 8);
  if (!mm || pages <= 0) return new Uint8Array(0);
  const showFrame = capable(k, CAP_SYS_ADMIN);
  const out = new Uint8Array(pages * 8);
  const view = new DataView(out.buffer);
  for (let i = 0; i < pages; i++) {
    const index = pteIndex(k, mm.pgd, (pos / 8 + i) * PAGE_SIZE, false);
    const pte = index === 0 ? 0 : (k.machine.phys.u32[index] as number);
    if (!(pte & PTE_PRESENT)) continue;
    const frame = pte >>> 12;
    const exclusive = k.machine.phys.refs(frame) === 1 ? 1 << 24 : 0;
    const fromFile = pte & PTE_ANON ? 0 : 1 << 29;
    view.setUint32(i * 8, showFrame ? frame : 0, true);
    view.setUint32(i * 8 + 4, ((1 << 31) | exclusive | fromFile) >>> 0, true);
  }
  return out;
}

procTask({
  mem: { mode: 0o600, readAt: readMem, writeAt: writeMem, inspectOpen: true },
  pagemap: { mode: 0o400, readAt: readPagemap, inspectOpen: true },
});
