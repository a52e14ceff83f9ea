import {
  type BootOptions,
  guestHas,
  guestMode,
  type Host,
  hostfsMount,
  Kernel,
  makeDirectories,
  mountHostDirectory,
  readGuestFile,
  writeGuestFile,
} from "@lstar/kernel";
import { FaultInjection, type FaultRule } from "@lstar/kernel/kernel/faults/injection.ts";
import { Machine } from "@lstar/machine";
import type { MountSpec } from "./options.ts";

/** What to start, for the command line and the library alike. */
export interface StartOptions {
  /** Program and arguments. */
  argv: string[];
  env: string[];
  /** Host directory that becomes the root; null = an empty in-memory root. */
  root: string | null;
  mounts: MountSpec[];
  cwd: string;
  user: { uid: number; gid: number };
  memory: number;
  seed: number;
  /** Compile hot code to WebAssembly. */
  jit?: boolean;
  clock: "virtual" | "real";
  /** Wall-clock time at the start; left out: a fixed date, or the host's with the real clock. */
  date?: { sec: number; nsec: number } | null;
  /** Vary the schedule as widely as possible, to find races. */
  chaos?: boolean;
  /** Faults to inject into system calls. */
  faults?: FaultRule[];
  hostname: string;
  /** Files to put into the guest first: path, contents, mode. */
  files: { path: string; bytes: Uint8Array; mode: number }[];
  /** Bytes of a host file to bring in under the same path if the guest has no such program; null if there is none. */
  bringIn: ((path: string) => { bytes: Uint8Array; mode: number } | null) | null;
}

export class StartError extends Error {
  /** Exit status as documented: 125, 126 or 127. */
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** UTF-8 text as the byte string that the kernel uses. */
export const toBytes = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text));

/** Resolves a path against a directory, lexically. */
function absolute(cwd: string, path: string): string {
  const out: string[] = [];
  for (const part of `${path.startsWith("/") ? "" : `${cwd}/`}${path}`.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") out.pop();
    else out.push(part);
  }
  return `/${out.join("/")}`;
}

/** A machine that is booted but for its program, which is yet to be loaded. Nothing in it depends on the seed. */
export interface PreparedMachine {
  k: Kernel;
  boot: BootOptions;
}

/** A booted machine with its program ready to run. @throws StartError */
export function startMachine(host: Host, options: StartOptions): Kernel {
  const prepared = prepareMachine(host, options);
  startProgram(prepared, options);
  return prepared.k;
}

/** Loads the program. @throws StartError */
export function startProgram({ k, boot }: PreparedMachine, options: StartOptions): void {
  const program = options.argv[0] ?? "";
  const r = k.execute(boot);
  if (r < 0) throw startFailure(k, program, absolute(toBytes(options.cwd), boot.path ?? program), r);
  if (options.faults?.length) k.faults = new FaultInjection(options.faults, options.seed);
}

/** Boots a machine up to where its program is loaded. @throws StartError */
export function prepareMachine(host: Host, options: StartOptions): PreparedMachine {
  const machine = new Machine({ memoryLimit: options.memory, jit: options.jit });
  const { seed, clock, date, hostname, chaos } = options;
  const k = new Kernel(machine, host, { seed, clock, date, hostname, chaos });
  const program = options.argv[0] ?? "";
  const cwd = toBytes(options.cwd);
  const root = options.root;
  let problem: StartError | null = null;
  const boot: BootOptions = {
    rootfs: root === null ? "tmpfs" : (kernel) => hostfsMount(kernel, toBytes(root), false, "overlay"),
    rootSource: root === null ? "rootfs" : "overlay",
    argv: options.argv.map(toBytes),
    envp: options.env.map(toBytes),
    cwd,
    uid: options.user.uid,
    gid: options.user.gid,
    prepare: (kernel) => {
      for (const m of options.mounts) {
        const r = mountHostDirectory(kernel, toBytes(m.host), toBytes(m.guest), m.writable);
        if (r < 0) {
          problem = new StartError(125, `cannot mount ${m.host} on ${m.guest}: ${errorText(r)}`);
          return r;
        }
      }
      for (const f of options.files) {
        const r = writeGuestFile(kernel, toBytes(f.path), f.bytes, f.mode);
        if (r < 0) {
          problem = new StartError(125, `cannot write ${f.path} in the guest: ${errorText(r)}`);
          return r;
        }
      }
      const path = findProgram(kernel, options, cwd, program);
      if (typeof path !== "string") {
        problem = path;
        return -2;
      }
      boot.path = path;
      if (!guestHas(kernel, cwd)) makeDirectories(kernel, cwd);
      return 0;
    },
  };
  const r = k.prepare(boot);
  if (problem) throw problem;
  if (r < 0) throw startFailure(k, program, absolute(cwd, boot.path ?? program), r);
  return { k, boot };
}

/** The guest path of the program: as given, brought in from the host, or searched on PATH. */
function findProgram(k: Kernel, options: StartOptions, cwd: string, program: string): string | StartError {
  if (program === "") return new StartError(127, "no program given");
  const bytes = toBytes(program);
  if (program.includes("/")) {
    if (guestHas(k, absolute(cwd, bytes))) return bytes;
    const file = options.bringIn?.(program) ?? null;
    if (!file) return new StartError(127, `${program}: no such file in the guest${options.root === null ? " or on the host" : ""}`);
    const r = writeGuestFile(k, absolute(cwd, bytes), file.bytes, file.mode);
    if (r < 0) return new StartError(126, `${program}: cannot bring it into the guest: ${errorText(r)}`);
    return bytes;
  }
  const path = options.env.find((e) => e.startsWith("PATH="))?.slice(5) ?? DEFAULT_PATH;
  let found = "";
  for (const dir of path.split(":")) {
    const at = absolute(cwd, toBytes(`${dir || "."}/${program}`));
    const mode = guestMode(k, at);
    if (mode < 0 || (mode & 0o170000) === 0o040000) continue;
    if (mode & 0o111) return at;
    found = at;
  }
  if (found) return new StartError(126, `${program}: found ${found}, but it is not executable`);
  return new StartError(127, `${program}: not found on the guest's PATH (${path})`);
}

const ERRNO: Record<number, string> = {
  1: "operation not permitted",
  2: "no such file or directory",
  5: "input/output error",
  7: "argument list too long",
  8: "exec format error",
  12: "out of memory",
  13: "permission denied",
  20: "not a directory",
  21: "is a directory",
  22: "invalid argument",
  26: "text file busy",
  28: "no space left",
  30: "read-only file system",
  40: "too many levels of symbolic links",
};
export function errorText(r: number): string {
  return ERRNO[-r] ?? `error ${-r}`;
}

const MACHINES: Record<number, string> = {
  3: "32-bit x86 (i386)",
  40: "32-bit ARM",
  183: "AArch64 (ARM64)",
  243: "RISC-V",
  8: "MIPS",
  21: "PowerPC64",
  22: "S/390",
};

/** Bytes of a program that its headers are looked for in. */
const HEAD = 4096;
const PT_INTERP = 3;

/** The interpreter that a file names, with a space behind it; "" if it names none. */
function interpreterOf(head: Uint8Array): string {
  const text = (from: number, end: number): string => new TextDecoder("latin1").decode(head.subarray(from, end));
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (head[0] === 0x23 && head[1] === 0x21)
    return `${
      text(2, HEAD)
        .trimStart()
        .split(/[\s\0]/)[0]
    } `;
  if (head.length < 64) return "";
  const start = Number(view.getBigUint64(32, true));
  const size = view.getUint16(54, true);
  for (let n = view.getUint16(56, true), at = start; n > 0 && at + 40 <= head.length; n--, at += size) {
    if (view.getUint32(at, true) !== PT_INTERP) continue;
    const from = Number(view.getBigUint64(at + 8, true));
    const length = Number(view.getBigUint64(at + 32, true));
    const name = text(from, from + length).split("\0")[0];
    return name ? `${name} ` : "";
  }
  return "";
}

/** Explains why the program could not be started; `path` is absolute. */
function startFailure(k: Kernel, program: string, path: string, r: number): StartError {
  if (r === -2) {
    const exists = guestHas(k, path);
    if (exists) {
      const name = interpreterOf(readGuestFile(k, path, HEAD));
      return new StartError(
        127,
        `${program}: its interpreter ${name}(#! line or ELF PT_INTERP) is not in the guest; use --root or --mount to show it, as in lstar run --root / ${program}`,
      );
    }
    return new StartError(127, `${program}: no such file`);
  }
  if (r === -8) return new StartError(126, `${program}: cannot execute: ${describe(k, path)}`);
  if (r === -13) return new StartError(126, `${program}: permission denied (not a regular file, or not executable)`);
  return new StartError(126, `${program}: cannot execute: ${errorText(r)}`);
}

function describe(k: Kernel, path: string): string {
  const head = readGuestFile(k, path, 64);
  if (head.length < 4 || head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46)
    return "not an ELF program and no #! script";
  const machine = (head[18] ?? 0) | ((head[19] ?? 0) << 8);
  if (head[4] === 1 && machine !== 3 && machine !== 40) return "a 32-bit ELF file; lstar runs x86-64 programs";
  if (machine !== 62) return `an ELF file for ${MACHINES[machine] ?? `machine ${machine}`}; lstar runs x86-64 programs`;
  const type = (head[16] ?? 0) | ((head[17] ?? 0) << 8);
  if (type !== 2 && type !== 3) return "an ELF file, but not a program (an object file or core dump?)";
  return "its ELF headers are damaged";
}
