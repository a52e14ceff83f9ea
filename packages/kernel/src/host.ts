import type { Timespec } from "./include/linux/fs.ts";

/**
 * The one door to the outside. Everything here is called synchronously by the kernel; what arrives
 * asynchronously (terminal input, network frames) waits in the host until the kernel asks and
 * is announced with Kernel.hostEvent. A recorder can wrap all of it.
 */
export interface Host {
  /** Wall-clock time. */
  realtime(): Timespec;
  /** Monotonic time in ns since some fixed point (used with --clock real). */
  monotonic(): number;
  /** Fills with random bytes (only asked when no seed is given). */
  entropy(out: Uint8Array): void;
  /** Standard streams 0, 1, 2 of the machine's first process. */
  stdio: readonly [HostStream, HostStream, HostStream];
  /** The host's file system, for granted directories; null in the browser. */
  fs: HostFileSystem | null;
  /** The other end of the machine's network cable; null or absent: the machine has no device but its own loopback. */
  net?: HostNet | null;
  /** The outside for those who only watch a run (tracers): what is asked of it is no part of the run, nor of its recording. Absent: the host itself. */
  readonly watcher?: Host;
}

export interface HostStream {
  readonly kind: "tty" | "pipe" | "file" | "null";
  /** Bytes that have arrived (at most max), null at end of file, "wait" if none are there yet. */
  read(max: number): Uint8Array | null | "wait";
  /** Writes; returns the number of bytes taken, or a negated errno (-EPIPE). Never waits. */
  write(bytes: Uint8Array): number;
  /** Size of a terminal. */
  windowSize?(): { rows: number; cols: number };
}

/** How the machine's network device is set up. Addresses are bytes in network order. */
export interface NetLink {
  /** Hardware address of the device, 6 bytes. */
  mac: number[];
  /** Its IPv4 address, 4 bytes. */
  address: number[];
  prefixLength: number;
  /** Where everything goes that is not on this network, 4 bytes. */
  gateway: number[];
  /** Payload of a frame (bytes). */
  mtu: number;
}

/** A network cable that carries Ethernet frames, without the check sum at their end. The event "net" tells of frames that wait. */
export interface HostNet {
  readonly link: NetLink;
  /** Takes a frame from the machine, which uses the buffer again. True: there is an answer to be had by `receive` at once. */
  transmit(frame: Uint8Array): boolean;
  /** The next frame for the machine, or null. It stays as it is until the next call. */
  receive(): Uint8Array | null;
  /** ns for which the machine has waited on this event while all its tasks slept: what a virtual clock goes on by. */
  waited(): number;
}

/** File type and attributes as lstat gives them on the host. */
export interface HostStat {
  mode: number;
  uid: number;
  gid: number;
  size: number;
  nlink: number;
  ino: number;
  dev: number;
  rdev: number;
  blocks: number;
  atime: Timespec;
  mtime: Timespec;
  ctime: Timespec;
}

/** Paths are absolute host paths (latin1-encoded byte strings). Results: value or a negated errno. Symbolic links are never followed in the last component. */
export interface HostFileSystem {
  lstat(path: string): HostStat | number;
  readdir(path: string): { name: string; type: number }[] | number;
  readlink(path: string): string | number;
  /** Extended attributes by name, values as latin1 byte strings. Absent or null: the file has none that are shown. */
  xattrs?(path: string): ReadonlyMap<string, string> | null;
  /** Reads up to length bytes at a position into `out`. Bytes read or negated errno. */
  read(path: string, out: Uint8Array, position: number): number;
  /** Present only where writing is granted. */
  write?(path: string, bytes: Uint8Array, position: number): number;
  create?(path: string, mode: number): number;
  truncate?(path: string, size: number): number;
  mkdir?(path: string, mode: number): number;
  unlink?(path: string): number;
  rmdir?(path: string): number;
  rename?(from: string, to: string): number;
  symlink?(target: string, path: string): number;
  link?(existing: string, path: string): number;
  chmod?(path: string, mode: number): number;
  utimes?(path: string, atime: Timespec, mtime: Timespec): number;
}
