import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser } from "../mm/usercopy.ts";
import { EFAULT, EINVAL, EOPNOTSUPP, ERANGE } from "../uapi/errno.ts";
import { IORING_OP_LAST, IORING_REGISTER_LAST } from "../uapi/ioUring.ts";
import { FEATURES, SETUP_FLAGS } from "./setup.ts";

/** What io_uring can do, asked without trying it (io_uring/query.c). */

/** sizeof(struct io_uring_query_hdr), sizeof(struct io_uring_query_opcode). */
const HDR_SIZE = 40;
const OPCODE_SIZE = 48;
const MAX_SIZE = OPCODE_SIZE;
const MAX_ENTRIES = 1000;
/** Flags of io_uring_enter and of SQEs that are known. */
const ENTER_FLAGS = 0xff;
const SQE_FLAGS = 0x7f;

/** @linux io_uring/query.c io_query_ops */
function queryOps(): Uint8Array {
  const v = new DataView(new ArrayBuffer(OPCODE_SIZE));
  v.setUint32(0, IORING_OP_LAST, true);
  v.setUint32(4, IORING_REGISTER_LAST, true);
  v.setUint32(8, FEATURES, true);
  v.setUint32(16, SETUP_FLAGS, true);
  v.setUint32(24, ENTER_FLAGS, true);
  v.setUint32(32, SQE_FLAGS, true);
  v.setUint32(40, 1, true);
  return new Uint8Array(v.buffer);
}

/** One entry of the list: the address of the next, or -errno. @linux io_uring/query.c io_handle_query_entry */
function handleEntry(k: Kernel, addr: number): number {
  const raw = new Uint8Array(HDR_SIZE);
  if (copyFromUser(k, addr, raw, 0, HDR_SIZE) !== 0) return -EFAULT;
  const v = new DataView(raw.buffer);
  const u64 = (off: number): number => v.getUint32(off + 4, true) * 4294967296 + v.getUint32(off, true);
  const room = v.getUint32(20, true);
  const data = u64(8);
  let answer = new Uint8Array(0);
  let result = 0;
  if (v.getUint32(16, true) > 0) result = -EOPNOTSUPP;
  else if (raw.subarray(24).some((b) => b !== 0) || room === 0) result = -EINVAL;
  else {
    const given = new Uint8Array(Math.min(room, MAX_SIZE));
    if (copyFromUser(k, data, given, 0, given.length) !== 0) return -EFAULT;
    answer = queryOps() as Uint8Array<ArrayBuffer>;
  }
  const n = Math.min(room, answer.length);
  if (copyToUser(k, data, answer, 0, n) !== 0) return -EFAULT;
  // What the program has more room for is zeroed.
  if (result === 0 && !clear(k, data + n, room - n)) return -EFAULT;
  v.setInt32(24, result, true);
  v.setUint32(20, n, true);
  return copyToUser(k, addr, raw, 0, HDR_SIZE) !== 0 ? -EFAULT : u64(0);
}

function clear(k: Kernel, addr: number, n: number): boolean {
  const zeros = new Uint8Array(Math.min(n, 4096));
  for (let at = 0; at < n; at += zeros.length) {
    if (copyToUser(k, addr + at, zeros, 0, Math.min(zeros.length, n - at)) !== 0) return false;
  }
  return true;
}

/** @linux io_uring/query.c io_query */
export function ioQuery(k: Kernel, arg: number, nr: number): number {
  if (nr !== 0) return -EINVAL;
  let at = arg;
  for (let n = 0; at > 0; ) {
    at = handleEntry(k, at);
    if (at < 0) return at;
    if (++n >= MAX_ENTRIES) return -ERANGE;
  }
  return 0;
}
