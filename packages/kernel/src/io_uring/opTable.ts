import { cancelOps } from "./cancel.ts";
import { epollOps } from "./epoll.ts";
import { fsOps } from "./fs.ts";
import { futexOps } from "./futex.ts";
import { kbufOps } from "./kbufOps.ts";
import { msgRingOps } from "./msgRing.ts";
import { netOps } from "./net.ts";
import { netRecvOps } from "./netRecv.ts";
import { netSendOps } from "./netSend.ts";
import { nopOps } from "./nop.ts";
import { type IoOpList, ioIssueDefs } from "./opdef.ts";
import { opencloseOps } from "./openclose.ts";
import { pollOps } from "./pollAdd.ts";
import { rwOps } from "./rw.ts";
import { spliceOps } from "./splice.ts";
import { syncOps } from "./sync.ts";
import { timeoutOps } from "./timeout.ts";
import { uringCmdOps } from "./uringCmd.ts";
import { waitidOps } from "./waitid.ts";
import { xattrOps } from "./xattr.ts";

/** The operations that there are. */
const lists: readonly IoOpList[] = [
  nopOps,
  rwOps,
  opencloseOps,
  fsOps,
  syncOps,
  pollOps,
  timeoutOps,
  cancelOps,
  kbufOps,
  netOps,
  netSendOps,
  netRecvOps,
  uringCmdOps,
  msgRingOps,
  epollOps,
  futexOps,
  waitidOps,
  spliceOps,
  xattrOps,
];

for (const list of lists) for (const [opcode, def] of list) ioIssueDefs[opcode] = def;
