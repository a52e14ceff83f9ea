import { capable } from "../kernel/capability.ts";
import { findTask } from "../kernel/pid.ts";
import { ptraceMayAccess } from "../kernel/ptraceAccess.ts";
import type { Kernel } from "../kernel.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SYS_NICE } from "../uapi/capability.ts";
import { E2BIG, EFAULT, EINVAL, ENODEV, ENOENT, EPERM, ESRCH } from "../uapi/errno.ts";
import { PAGE_SIZE, pageDown, pageUp, TASK_SIZE } from "./flags.ts";
import { isolate } from "./mmap.ts";
import { PTE_PRESENT, PTE_SPECIAL, pteIndex } from "./pageTable.ts";
import { clearUser, getUser8, getUser32, getUser64, putUser8, putUser32 } from "./usercopy.ts";
import { mergeVmas, vmaAt, vmaIndex } from "./vma.ts";

/** Memory policies on a machine with one node, number 0: they are checked and kept, and change nothing. */

const MPOL_DEFAULT = 0;
const MPOL_PREFERRED = 1;
const MPOL_INTERLEAVE = 3;
const MPOL_LOCAL = 4;
const MPOL_MAX = 7;
const MPOL_F_STATIC_NODES = 1 << 15;
const MPOL_F_RELATIVE_NODES = 1 << 14;
const MPOL_F_NUMA_BALANCING = 1 << 13;
const MODE_FLAGS = MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES | MPOL_F_NUMA_BALANCING;
const MPOL_F_NODE = 1;
const MPOL_F_ADDR = 2;
const MPOL_F_MEMS_ALLOWED = 4;
const MPOL_MF_VALID = 7;
const MPOL_MF_MOVE = 2;
const MPOL_MF_MOVE_ALL = 4;
/** Bits a node mask may have (a page of them) and nodes that can exist (MAX_NUMNODES). */
const MAX_MASK_BITS = PAGE_SIZE * 8;
const MAX_NUMNODES = 1024;

/** A node mask: 0 = empty, 1 = node 0, or -EFAULT, or -EINVAL for nodes that do not exist. @linux mm/mempolicy.c get_nodes */
function getNodes(k: Kernel, mask: number, maxnode: number): number {
  const bits = maxnode - 1;
  if (bits === 0 || mask === 0 || maxnode === 0) return 0;
  if (bits > MAX_MASK_BITS || bits < 0) return -EINVAL;
  let first = 0;
  for (let byte = 0; byte * 8 < bits; byte++) {
    let v = getUser8(k, mask + byte);
    if (v < 0) return -EFAULT;
    if (bits - byte * 8 < 8) v &= (1 << (bits - byte * 8)) - 1;
    if (byte === 0) {
      first = v & 1;
      v &= ~1;
    }
    // Nodes that could exist are merely not there; the others are wrong.
    if (v !== 0 && byte * 8 >= MAX_NUMNODES) return -EINVAL;
    if (v !== 0 && first === 0) first = 2;
  }
  return first;
}

/** Is a mode with these nodes acceptable? 0 or -EINVAL. @linux mm/mempolicy.c mpol_new, mpol_set_nodemask */
function checkPolicy(mode: number, nodes: number): number {
  const flags = mode & MODE_FLAGS;
  const plain = mode & ~MODE_FLAGS;
  if (plain >= MPOL_MAX || plain < 0) return -EINVAL;
  if (flags & MPOL_F_STATIC_NODES && flags & MPOL_F_RELATIVE_NODES) return -EINVAL;
  if (flags & MPOL_F_NUMA_BALANCING && plain !== 2 && plain !== 5) return -EINVAL;
  if (plain === MPOL_DEFAULT) return nodes !== 0 ? -EINVAL : 0;
  if (plain === MPOL_PREFERRED && nodes === 0) return flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES) ? -EINVAL : 0;
  if (plain === MPOL_LOCAL) return nodes !== 0 || flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES) ? -EINVAL : 0;
  // Only nodes that are there count, and one must be left; relative ones fold onto it.
  if (nodes === 0 || (nodes === 2 && !(flags & MPOL_F_RELATIVE_NODES))) return -EINVAL;
  return 0;
}

/** Policies are kept as mode and flags, with this bit if node 0 is named. */
const HAS_NODES = 0x10000;

/** How an accepted policy is kept; one that prefers no node is the local one. @linux mm/mempolicy.c mpol_new */
function kept(mode: number, nodes: number): number {
  const plain = mode & ~MODE_FLAGS;
  if (plain === MPOL_DEFAULT) return 0;
  if (plain === MPOL_PREFERRED && nodes === 0) return MPOL_LOCAL | (mode & MODE_FLAGS);
  return mode | (nodes !== 0 ? HAS_NODES : 0);
}

function sysSetMempolicy(k: Kernel, mode: number, mask: number, maxnode: number): number {
  if ((mode & ~MODE_FLAGS) >= MPOL_MAX) return -EINVAL;
  const nodes = getNodes(k, mask, maxnode);
  if (nodes < 0) return nodes;
  const bad = checkPolicy(mode, nodes);
  if (bad === 0) k.current.mempolicy = kept(mode, nodes);
  return bad;
}

/** @linux mm/mempolicy.c do_mbind */
function sysMbind(k: Kernel, start: number, len: number, mode: number, mask: number, maxnode: number, flags: number): number {
  if (mode > 0xffff || (mode & ~MODE_FLAGS) >= MPOL_MAX) return -EINVAL;
  const nodes = getNodes(k, mask, maxnode);
  if (nodes < 0) return nodes;
  if (flags & ~MPOL_MF_VALID) return -EINVAL;
  if (flags & MPOL_MF_MOVE_ALL && !capable(k, CAP_SYS_NICE)) return -EPERM;
  if (start % PAGE_SIZE !== 0) return -EINVAL;
  const end = start + pageUp(len);
  if (end > 2 ** 64) return -EINVAL;
  if (end === start) return 0;
  const bad = checkPolicy(mode, nodes);
  if (bad < 0) return bad;
  const mm = k.current.mm!;
  for (let at = start, i = vmaIndex(mm, start); at < end; i++) {
    const v = mm.vmas[i];
    if (!v || v.start > at) {
      if (mode !== MPOL_DEFAULT || !v || v.start >= end) return -EFAULT;
      break;
    }
    at = v.end;
  }
  const first = isolate(k, mm, start, end);
  let i = first;
  for (; i < mm.vmas.length && mm.vmas[i]!.start < end; i++) mm.vmas[i]!.policy = kept(mode, nodes);
  mergeVmas(k, mm, first, i);
  return 0;
}

/** @linux mm/mempolicy.c kernel_get_mempolicy */
function sysGetMempolicy(k: Kernel, policy: number, mask: number, maxnode: number, addr: number, flags: number): number {
  if (mask !== 0 && maxnode < 1) return -EINVAL;
  if (flags & ~(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED)) return -EINVAL;
  let policyKept = k.current.mempolicy;
  let onNode = false;
  let nodes = 0;
  if (flags & MPOL_F_MEMS_ALLOWED) {
    if (flags & (MPOL_F_NODE | MPOL_F_ADDR)) return -EINVAL;
    nodes = 1;
    policyKept = 0;
  } else if (flags & MPOL_F_ADDR) {
    const vma = vmaAt(k.current.mm!, addr);
    if (!vma) return -EFAULT;
    policyKept = vma.policy;
    // Looking at a page brings it in.
    if (flags & MPOL_F_NODE) {
      if (getUser8(k, addr) < 0) return -EFAULT;
      onNode = true;
    }
  } else {
    if (addr !== 0) return -EINVAL;
    // The next node of an interleaving, which other policies do not have.
    if (flags & MPOL_F_NODE) {
      if ((policyKept & 0xff) !== MPOL_INTERLEAVE) return -EINVAL;
      onNode = true;
    }
  }
  if (policyKept & HAS_NODES) nodes = 1;
  const result = onNode ? 0 : policyKept & 0xffff;
  if (policy !== 0 && putUser32(k, policy, result) < 0) return -EFAULT;
  if (mask !== 0) {
    const bytes = Math.min(Math.ceil((maxnode - 1) / 64) * 8, MAX_NUMNODES / 8);
    if (clearUser(k, mask, bytes) < 0) return -EFAULT;
    if (nodes !== 0 && bytes > 0 && putUser8(k, mask, nodes) < 0) return -EFAULT;
  }
  return 0;
}

/** Everything is on node 0 already. @linux mm/mempolicy.c kernel_migrate_pages */
function sysMigratePages(k: Kernel, pid: number, maxnode: number, from: number, to: number): number {
  const a = getNodes(k, from, maxnode);
  if (a < 0) return a;
  const b = getNodes(k, to, maxnode);
  if (b < 0) return b;
  const task = pid === 0 ? k.current : findTask(k, pid);
  if (!task) return -ESRCH;
  if (!ptraceMayAccess(k, task)) return -EPERM;
  if (b !== 1) return b === 0 || capable(k, CAP_SYS_NICE) ? -EINVAL : -EPERM;
  return task.mm ? 0 : -EINVAL;
}

/** Tells or "moves" pages one by one: each status is its node, or why there is none. @linux mm/migrate.c kernel_move_pages */
function sysMovePages(k: Kernel, pid: number, count: number, pages: number, nodes: number, status: number, flags: number): number {
  if (flags & ~(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)) return -EINVAL;
  if (flags & MPOL_MF_MOVE_ALL && !capable(k, CAP_SYS_NICE)) return -EPERM;
  const task = pid === 0 ? k.current : findTask(k, pid);
  if (!task) return -ESRCH;
  if (!ptraceMayAccess(k, task)) return -EPERM;
  if (!task.mm) return -EINVAL;
  if (count > 2 ** 40) return -E2BIG;
  const { u32 } = k.machine.phys;
  for (let i = 0; i < count; i++) {
    const va = getUser64(k, pages + i * 8);
    if (va < 0) return -EFAULT;
    if (nodes !== 0) {
      const node = getUser32(k, nodes + i * 4);
      if (node < 0) return -EFAULT;
      if (node !== 0) return -ENODEV;
    }
    let answer = -EFAULT;
    if (va < TASK_SIZE && vmaAt(task.mm, va)) {
      const index = pteIndex(k, task.mm.pgd, pageDown(va), false);
      const pte = index === 0 ? 0 : u32[index]!;
      answer = !(pte & PTE_PRESENT) ? -ENOENT : pte & PTE_SPECIAL ? -EFAULT : 0;
    }
    if (putUser32(k, status + i * 4, answer) < 0) return -EFAULT;
  }
  return 0;
}

/** @linux mm/mempolicy.c set_mempolicy_home_node */
function sysHomeNode(k: Kernel, start: number, len: number, node: number, flags: number): number {
  if (start % PAGE_SIZE !== 0 || flags !== 0) return -EINVAL;
  if (node !== 0) return -EINVAL;
  const end = start + pageUp(len);
  if (end > 2 ** 64) return -EINVAL;
  if (end === start) return 0;
  // No area has a policy that a home could belong to.
  return k.current.mm!.vmas[vmaIndex(k.current.mm!, start)] ? 0 : -ENOENT;
}

export const mempolicySyscalls: readonly SyscallDef[] = [
  syscall("mbind", { start: A.ptr, len: A.size, mode: A.ulong, nmask: A.ptr, maxnode: A.ulong, flags: A.uint }, sysMbind, {
    linux: "mm/mempolicy.c kernel_mbind",
  }),
  syscall("set_mempolicy", { mode: A.int, nmask: A.ptr, maxnode: A.ulong }, sysSetMempolicy, {
    linux: "mm/mempolicy.c kernel_set_mempolicy",
  }),
  syscall("get_mempolicy", { policy: A.ptr, nmask: A.ptr, maxnode: A.ulong, addr: A.ptr, flags: A.ulong }, sysGetMempolicy, {
    linux: "mm/mempolicy.c kernel_get_mempolicy",
  }),
  syscall("migrate_pages", { pid: A.pid, maxnode: A.ulong, old_nodes: A.ptr, new_nodes: A.ptr }, sysMigratePages, {
    linux: "mm/mempolicy.c kernel_migrate_pages",
  }),
  syscall("move_pages", { pid: A.pid, nr_pages: A.ulong, pages: A.ptr, nodes: A.ptr, status: A.ptr, flags: A.int }, sysMovePages, {
    linux: "mm/migrate.c kernel_move_pages",
  }),
  syscall("set_mempolicy_home_node", { start: A.ptr, len: A.size, home_node: A.ulong, flags: A.ulong }, sysHomeNode, {
    linux: "mm/mempolicy.c set_mempolicy_home_node",
  }),
];
