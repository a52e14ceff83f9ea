import { ksysSync } from "../fs/syncHooks.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser, putUser32 } from "../mm/usercopy.ts";
import { meminfo } from "../mm/vmstat.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SYS_ADMIN, CAP_SYS_BOOT } from "../uapi/capability.ts";
import { EFAULT, EINVAL, EPERM } from "../uapi/errno.ts";
import { struct } from "../uapi/struct.ts";
import { capable } from "./capability.ts";
import { utsname } from "./utsname.ts";

/** What uname reports; /proc/version and /proc/sys/kernel show the same. */
export const UTS = {
  sysname: "Linux",
  release: "6.12.0-lstar",
  version: "#1 SMP PREEMPT_DYNAMIC lstar",
  machine: "x86_64",
} as const;

const UTS_LEN = 65;
const UNAME26 = 0x0020000;

function latin1(out: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length && i < UTS_LEN - 1; i++) out[at + i] = text.charCodeAt(i);
}

/** @linux kernel/sys.c sys_newuname */
function sysUname(k: Kernel, address: number): number {
  const out = new Uint8Array(6 * UTS_LEN);
  // UNAME26: old programs take a kernel after 2.6 for an error.
  const release = k.current.personality & UNAME26 ? `2.6.${60 + 12}` : UTS.release;
  const names = utsname(k);
  [UTS.sysname, names.hostname, release, UTS.version, UTS.machine, names.domainname].forEach((s, i) => {
    latin1(out, i * UTS_LEN, s);
  });
  return copyToUser(k, address, out, 0, out.length);
}

function readName(k: Kernel, address: number, length: number): string | number {
  if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
  if (length < 0 || length >= UTS_LEN) return -EINVAL;
  const bytes = new Uint8Array(length);
  if (copyFromUser(k, address, bytes, 0, length) !== 0) return -EFAULT;
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
}

export const sysinfoStruct = struct(
  "sysinfo",
  [
    ["uptime", "s64"],
    ["loads", ["u64", 3]],
    ["totalram", "u64"],
    ["freeram", "u64"],
    ["sharedram", "u64"],
    ["bufferram", "u64"],
    ["totalswap", "u64"],
    ["freeswap", "u64"],
    ["procs", "u16"],
    ["pad", "u16"],
    ["totalhigh", "u64"],
    ["freehigh", "u64"],
    ["mem_unit", "u32"],
  ],
  { size: 112 },
);

/** @linux kernel/sys.c do_sysinfo */
function sysSysinfo(k: Kernel, address: number): number {
  const m = meminfo(k);
  k.sched.updateLoad();
  const l = k.sched.loadavg;
  const bytes = sysinfoStruct.bytes({
    uptime: Math.ceil(k.time.now() / 1e9),
    loads: [l.one * 32, l.five * 32, l.fifteen * 32],
    totalram: m.total,
    freeram: m.free,
    sharedram: m.shmem,
    procs: k.pids.size & 0xffff,
    mem_unit: 1,
  });
  return copyToUser(k, address, bytes, 0, bytes.length);
}

/** Magic numbers of reboot(2). */
const REBOOT_MAGIC1 = 0xfee1dead;
const REBOOT_MAGIC2 = [672274793, 85072278, 369367448, 537993216];
const RB_CAD_ON = 0x89abcdef;
const RB_CAD_OFF = 0;
const RB_HALT = 0xcdef0123;
const RB_POWER_OFF = 0x4321fedc;
const RB_RESTART = 0x01234567;

/** Halting or restarting ends the machine. @linux kernel/reboot.c sys_reboot */
function sysReboot(k: Kernel, magic1: number, magic2: number, cmd: number): number {
  if (!capable(k, CAP_SYS_BOOT)) return -EPERM;
  if (magic1 >>> 0 !== REBOOT_MAGIC1 || !REBOOT_MAGIC2.includes(magic2 >>> 0)) return -EINVAL;
  switch (cmd >>> 0) {
    case RB_CAD_ON:
    case RB_CAD_OFF:
      return 0;
    case RB_HALT:
    case RB_POWER_OFF:
    case RB_RESTART:
      ksysSync(k);
      k.exited = true;
      k.exitStatus = 0;
      return 0;
    default:
      return -EINVAL;
  }
}

export const sysSyscalls: readonly SyscallDef[] = [
  syscall("uname", { name: A.ptr }, sysUname, { linux: "kernel/sys.c sys_newuname" }),
  syscall(
    "sethostname",
    { name: A.bufIn("len"), len: A.int },
    (k, address, length) => {
      const name = readName(k, address, length);
      if (typeof name === "number") return name;
      utsname(k).hostname = name;
      return 0;
    },
    { linux: "kernel/sys.c sys_sethostname" },
  ),
  syscall(
    "setdomainname",
    { name: A.bufIn("len"), len: A.int },
    (k, address, length) => {
      const name = readName(k, address, length);
      if (typeof name === "number") return name;
      utsname(k).domainname = name;
      return 0;
    },
    { linux: "kernel/sys.c sys_setdomainname" },
  ),
  syscall("sysinfo", { info: A.struct(sysinfoStruct, "out") }, sysSysinfo, { linux: "kernel/sys.c sys_sysinfo" }),
  syscall(
    "umask",
    { mask: A.mode },
    (k, mask) => {
      const old = k.current.fs.umask;
      k.current.fs.umask = mask & 0o777;
      return old;
    },
    { linux: "kernel/sys.c sys_umask", ret: "oct" },
  ),
  syscall(
    "personality",
    { personality: { ...A.uint, kind: "hex" } },
    (k, personality) => {
      const old = k.current.personality;
      if (personality !== 0xffffffff) k.current.personality = personality;
      return old;
    },
    { linux: "kernel/exec_domain.c sys_personality", ret: "hex" },
  ),
  syscall(
    "getcpu",
    { cpup: A.intPtr("out"), nodep: A.intPtr("out"), unused: A.ptr },
    (k, cpu, node) => {
      if (cpu !== 0 && putUser32(k, cpu, 0) !== 0) return -EFAULT;
      if (node !== 0 && putUser32(k, node, 0) !== 0) return -EFAULT;
      return 0;
    },
    { linux: "kernel/sys.c sys_getcpu" },
  ),
  syscall("reboot", { magic1: A.int, magic2: A.int, cmd: A.uint, arg: A.ptr }, sysReboot, { linux: "kernel/reboot.c sys_reboot" }),
];
