/** include/uapi/linux/aio_abi.h */
export const IOCB_CMD_PREAD = 0;
export const IOCB_CMD_PWRITE = 1;
export const IOCB_CMD_FSYNC = 2;
export const IOCB_CMD_FDSYNC = 3;
export const IOCB_CMD_POLL = 5;
export const IOCB_CMD_PREADV = 7;
export const IOCB_CMD_PWRITEV = 8;
export const IOCB_FLAG_RESFD = 1;
export const IOCB_FLAG_IOPRIO = 2;

/** struct iocb: its size and where its fields are. */
export const IOCB_SIZE = 64;
export const IOCB_DATA = 0;
export const IOCB_KEY = 8;
export const IOCB_RW_FLAGS = 12;
export const IOCB_OPCODE = 16;
export const IOCB_REQPRIO = 18;
export const IOCB_FILDES = 20;
export const IOCB_BUF = 24;
export const IOCB_NBYTES = 32;
export const IOCB_OFFSET = 40;
export const IOCB_RESERVED2 = 48;
export const IOCB_FLAGS = 56;
export const IOCB_RESFD = 60;

/** sizeof(struct io_event): data, obj, res, res2. */
export const IO_EVENT_SIZE = 32;

/** struct aio_ring, the head of the memory that a context shares with its program; events follow it. */
export const RING_NR = 4;
export const RING_HEAD = 8;
export const RING_TAIL = 12;
export const RING_MAGIC = 16;
export const RING_COMPAT = 20;
export const RING_HEADER_LENGTH = 28;
export const RING_HEADER = 32;
export const AIO_RING_MAGIC = 0xa10a10a1;
