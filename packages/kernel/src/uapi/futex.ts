import { enumNames, flagNames } from "../syscall/declare.ts";
import { struct } from "./struct.ts";

/** include/uapi/linux/futex.h */
export const FUTEX_WAIT = 0;
export const FUTEX_WAKE = 1;
export const FUTEX_FD = 2;
export const FUTEX_REQUEUE = 3;
export const FUTEX_CMP_REQUEUE = 4;
export const FUTEX_WAKE_OP = 5;
export const FUTEX_LOCK_PI = 6;
export const FUTEX_UNLOCK_PI = 7;
export const FUTEX_TRYLOCK_PI = 8;
export const FUTEX_WAIT_BITSET = 9;
export const FUTEX_WAKE_BITSET = 10;
export const FUTEX_WAIT_REQUEUE_PI = 11;
export const FUTEX_CMP_REQUEUE_PI = 12;
export const FUTEX_LOCK_PI2 = 13;
export const FUTEX_PRIVATE_FLAG = 128;
export const FUTEX_CLOCK_REALTIME = 256;
export const FUTEX_CMD_MASK = ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
export const FUTEX_BITSET_MATCH_ANY = 0xffffffff;

export const FUTEX_WAITERS = 0x80000000;
export const FUTEX_OWNER_DIED = 0x40000000;
export const FUTEX_TID_MASK = 0x3fffffff;

export const FUTEX2_SIZE_U32 = 2;
export const FUTEX2_SIZE_MASK = 3;
export const FUTEX2_NUMA = 4;
export const FUTEX2_PRIVATE = 128;
export const FUTEX_WAITV_MAX = 128;

export const futexNames = enumNames("FUTEX_???", {
  FUTEX_WAIT,
  FUTEX_WAKE,
  FUTEX_FD,
  FUTEX_REQUEUE,
  FUTEX_CMP_REQUEUE,
  FUTEX_WAKE_OP,
  FUTEX_LOCK_PI,
  FUTEX_UNLOCK_PI,
  FUTEX_TRYLOCK_PI,
  FUTEX_WAIT_BITSET,
  FUTEX_WAKE_BITSET,
  FUTEX_WAIT_REQUEUE_PI,
  FUTEX_CMP_REQUEUE_PI,
  FUTEX_LOCK_PI2,
});
export const futex2Names = flagNames("FUTEX2_???", { FUTEX2_PRIVATE, FUTEX2_NUMA, FUTEX2_SIZE_U32 });

export const robustListHeadStruct = struct("robust_list_head", [
  ["next", "ptr"],
  ["futex_offset", "s64"],
  ["list_op_pending", "ptr"],
]);
export const futexWaitvStruct = struct("futex_waitv", [
  ["val", "u64"],
  ["uaddr", "ptr"],
  ["flags", "u32"],
  ["__reserved", "u32"],
]);
