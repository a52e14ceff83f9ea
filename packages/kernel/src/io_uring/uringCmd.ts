import type { File } from "../include/linux/fs.ts";
import { IOU_COMPLETE, type IoKiocb } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { setSocketOption } from "../net/calls.ts";
import { sockGetsockoptLength } from "../net/core/sockopt.ts";
import { type Socket, sockFromFile } from "../net/socket.ts";
import { stateClass } from "../state.ts";
import { EINVAL, ENOTTY, EOPNOTSUPP } from "../uapi/errno.ts";
import { IORING_OP_URING_CMD, SQE_ADDR, SQE_ADDR3, SQE_BUF_INDEX, SQE_FILE_INDEX, SQE_OFF, SQE_OP_FLAGS } from "../uapi/ioUring.ts";
import { SOL_SOCKET } from "../uapi/socket.ts";
import { ioReqSetRes, reqSetFail } from "./complete.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe16, sqe32, sqe64, sqeS32 } from "./rings.ts";

/** URING_CMD: commands of a file's own. Of the files there are, sockets have some, /dev/null takes any (io_uring/uring_cmd.c, io_uring/cmd_net.c). */

const IORING_URING_CMD_FIXED = 1;
const SOCKET_URING_OP_SIOCINQ = 0;
const SOCKET_URING_OP_SIOCOUTQ = 1;
const SOCKET_URING_OP_GETSOCKOPT = 2;
const SOCKET_URING_OP_SETSOCKOPT = 3;

/** struct io_uring_cmd, with what a socket's commands take from the SQE. */
class IoUringCmd {
  op = 0;
  level = 0;
  name = 0;
  length = 0;
  value = 0;
  addr = 0;
}
stateClass(IoUringCmd);

/** @linux io_uring/uring_cmd.c io_uring_cmd_prep */
function cmdPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe32(k, sqe, SQE_OFF + 4) !== 0) return -EINVAL;
  const flags = sqe32(k, sqe, SQE_OP_FLAGS);
  if ((flags & ~IORING_URING_CMD_FIXED) !== 0) return -EINVAL;
  if (flags & IORING_URING_CMD_FIXED) req.bufIndex = sqe16(k, sqe, SQE_BUF_INDEX);
  const c = new IoUringCmd();
  c.op = sqe32(k, sqe, SQE_OFF);
  c.addr = sqe64(k, sqe, SQE_ADDR);
  c.level = sqeS32(k, sqe, SQE_ADDR);
  c.name = sqeS32(k, sqe, SQE_ADDR + 4);
  c.length = sqeS32(k, sqe, SQE_FILE_INDEX);
  c.value = sqe64(k, sqe, SQE_ADDR3);
  req.cmd = c;
  return 0;
}

/** @linux io_uring/cmd_net.c io_uring_cmd_sock */
function cmdSock(k: Kernel, sock: Socket, c: IoUringCmd): number {
  switch (c.op) {
    case SOCKET_URING_OP_SIOCINQ:
      return sock.ops.queued ? sock.ops.queued(sock, false) : -EOPNOTSUPP;
    case SOCKET_URING_OP_SIOCOUTQ:
      return sock.ops.queued ? sock.ops.queued(sock, true) : -EOPNOTSUPP;
    case SOCKET_URING_OP_GETSOCKOPT:
      return c.level === SOL_SOCKET ? sockGetsockoptLength(k, sock, c.name, c.value, c.length) : -EOPNOTSUPP;
    case SOCKET_URING_OP_SETSOCKOPT:
      return setSocketOption(k, sock, c.level, c.name, c.value, c.length);
    default:
      return -EOPNOTSUPP;
  }
}

/** @linux io_uring/uring_cmd.c io_uring_cmd */
function uringCmd(k: Kernel, req: IoKiocb): number {
  const file = req.file as File;
  const sock = sockFromFile(file);
  const r = sock ? cmdSock(k, sock, req.cmd as IoUringCmd) : file.op.uringCmd ? file.op.uringCmd() : -EOPNOTSUPP;
  if (r < 0) reqSetFail(req);
  ioReqSetRes(req, r === -ENOTTY ? -EOPNOTSUPP : r, 0);
  return IOU_COMPLETE;
}

const def: IoIssueDef = { needsFile: true, iopoll: true, prep: cmdPrep, issue: uringCmd };
export const uringCmdOps: IoOpList = [[IORING_OP_URING_CMD, def]];
