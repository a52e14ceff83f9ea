import * as U from "@lstar/kernel/uapi/ioUring.ts";
import { flagsText } from "../strace/text.ts";
import { uringOpName, uringSqeFlags } from "./names.ts";

/** An entry of the submission queue as the kernel found it. */
export interface Sqe {
  readonly opcode: number;
  readonly flags: number;
  readonly fd: number;
  readonly off: bigint;
  readonly addr: bigint;
  readonly len: number;
  readonly opFlags: number;
  readonly userData: bigint;
}

/** Reads an entry. */
export function readSqe(v: DataView, at: number): Sqe {
  return {
    opcode: v.getUint8(at + U.SQE_OPCODE),
    flags: v.getUint8(at + U.SQE_FLAGS),
    fd: v.getInt32(at + U.SQE_FD, true),
    off: v.getBigUint64(at + U.SQE_OFF, true),
    addr: v.getBigUint64(at + U.SQE_ADDR, true),
    len: v.getUint32(at + U.SQE_LEN, true),
    opFlags: v.getUint32(at + U.SQE_OP_FLAGS, true),
    userData: v.getBigUint64(at + U.SQE_USER_DATA, true),
  };
}

/** Small numbers in decimal, what may be a pointer in hexadecimal. */
export function userDataText(n: bigint): string {
  return n < 0x10000n ? String(n) : `0x${n.toString(16)}`;
}

/** Operations without a descriptor: their field is not one. */
const NO_FD: ReadonlySet<number> = new Set([
  U.IORING_OP_NOP,
  U.IORING_OP_POLL_REMOVE,
  U.IORING_OP_TIMEOUT,
  U.IORING_OP_TIMEOUT_REMOVE,
  U.IORING_OP_ASYNC_CANCEL,
  U.IORING_OP_LINK_TIMEOUT,
  U.IORING_OP_MADVISE,
  U.IORING_OP_FUTEX_WAIT,
  U.IORING_OP_FUTEX_WAKE,
]);

/** "READ(fd=4, addr=0x4a8320, len=4096, off=0) user_data=42 IOSQE_ASYNC". */
export function sqeText(e: Sqe): string {
  const parts: string[] = [];
  if (!NO_FD.has(e.opcode)) parts.push(`${e.flags & U.IOSQE_FIXED_FILE ? "file" : "fd"}=${e.fd}`);
  if (e.addr !== 0n) parts.push(`addr=0x${e.addr.toString(16)}`);
  if (e.len !== 0) parts.push(`len=${e.len}`);
  if (e.off !== 0n) parts.push(`off=${e.off === 0xffffffffffffffffn ? "-1" : e.off < 0x100000000n ? e.off : `0x${e.off.toString(16)}`}`);
  if (e.opFlags !== 0) parts.push(`op_flags=0x${e.opFlags.toString(16)}`);
  const flags = e.flags ? ` ${flagsText(uringSqeFlags, e.flags)}` : "";
  return `${uringOpName(e.opcode)}(${parts.join(", ")}) user_data=${userDataText(e.userData)}${flags}`;
}
