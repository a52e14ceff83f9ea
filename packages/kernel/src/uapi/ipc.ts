import { enumNames, flagNames } from "../syscall/declare.ts";
import { struct } from "./struct.ts";

// linux/ipc.h, linux/shm.h, linux/sem.h, linux/msg.h

export const IPC_PRIVATE = 0;
export const IPC_CREAT = 0o1000;
export const IPC_EXCL = 0o2000;
export const IPC_NOWAIT = 0o4000;
export const IPC_RMID = 0;
export const IPC_SET = 1;
export const IPC_STAT = 2;
export const IPC_INFO = 3;

export const SHM_R = 0o400;
export const SHM_HUGETLB = 0o4000;
export const SHM_NORESERVE = 0o10000;
export const SHM_RDONLY = 0o10000;
export const SHM_RND = 0o20000;
export const SHM_REMAP = 0o40000;
export const SHM_EXEC = 0o100000;
export const SHM_LOCK = 11;
export const SHM_UNLOCK = 12;
export const SHM_STAT = 13;
export const SHM_INFO = 14;
export const SHM_STAT_ANY = 15;
/** Bits of a segment's mode: to be removed when nobody has it attached, and pages locked. */
export const SHM_DEST = 0o1000;
export const SHM_LOCKED = 0o2000;

export const GETPID = 11;
export const GETVAL = 12;
export const GETALL = 13;
export const GETNCNT = 14;
export const GETZCNT = 15;
export const SETVAL = 16;
export const SETALL = 17;
export const SEM_STAT = 18;
export const SEM_INFO = 19;
export const SEM_STAT_ANY = 20;
export const SEM_UNDO = 0x1000;
export const SEMVMX = 32767;

export const MSG_STAT = 11;
export const MSG_INFO = 12;
export const MSG_STAT_ANY = 13;
export const MSG_NOERROR = 0o10000;
export const MSG_EXCEPT = 0o20000;
export const MSG_COPY = 0o40000;

export const ipcPermStruct = struct("ipc64_perm", [
  ["key", "s32"],
  ["uid", "u32"],
  ["gid", "u32"],
  ["cuid", "u32"],
  ["cgid", "u32"],
  ["mode", "u32"],
  ["seq", "u16"],
  ["__pad2", "u16"],
  ["__unused1", "u64"],
  ["__unused2", "u64"],
]);

export const shmidStruct = struct("shmid64_ds", [
  ["shm_perm", ipcPermStruct],
  ["shm_segsz", "u64"],
  ["shm_atime", "s64"],
  ["shm_dtime", "s64"],
  ["shm_ctime", "s64"],
  ["shm_cpid", "s32"],
  ["shm_lpid", "s32"],
  ["shm_nattch", "u64"],
  ["__unused4", "u64"],
  ["__unused5", "u64"],
]);

export const semidStruct = struct("semid64_ds", [
  ["sem_perm", ipcPermStruct],
  ["sem_otime", "s64"],
  ["__unused1", "u64"],
  ["sem_ctime", "s64"],
  ["__unused2", "u64"],
  ["sem_nsems", "u64"],
  ["__unused3", "u64"],
  ["__unused4", "u64"],
]);

export const msqidStruct = struct("msqid64_ds", [
  ["msg_perm", ipcPermStruct],
  ["msg_stime", "s64"],
  ["msg_rtime", "s64"],
  ["msg_ctime", "s64"],
  ["msg_cbytes", "u64"],
  ["msg_qnum", "u64"],
  ["msg_qbytes", "u64"],
  ["msg_lspid", "s32"],
  ["msg_lrpid", "s32"],
  ["__unused4", "u64"],
  ["__unused5", "u64"],
]);

export const sembufStruct = struct("sembuf", [
  ["sem_num", "u16"],
  ["sem_op", "s16"],
  ["sem_flg", "s16"],
]);

const get = { IPC_CREAT, IPC_EXCL };
export const semGetNames = flagNames("IPC_???", get);
export const shmGetNames = flagNames("SHM_???", { ...get, SHM_HUGETLB, SHM_NORESERVE });
export const shmAtNames = flagNames("SHM_???", { SHM_RDONLY, SHM_RND, SHM_REMAP, SHM_EXEC });
export const msgNames = flagNames("MSG_???", { IPC_NOWAIT, MSG_NOERROR, MSG_EXCEPT, MSG_COPY });
const control = { IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO };
export const shmCtlNames = enumNames("SHM_???", { ...control, SHM_LOCK, SHM_UNLOCK, SHM_STAT, SHM_INFO, SHM_STAT_ANY });
export const msgCtlNames = enumNames("MSG_???", { ...control, MSG_STAT, MSG_INFO, MSG_STAT_ANY });
export const semCtlNames = enumNames("SEM_???", {
  ...control,
  ...{ GETPID, GETVAL, GETALL, GETNCNT, GETZCNT, SETVAL, SETALL, SEM_STAT, SEM_INFO, SEM_STAT_ANY },
});
