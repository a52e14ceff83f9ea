import { enumNames, flagNames } from "../syscall/declare.ts";

/** include/linux/socket.h, include/uapi/linux/un.h, include/uapi/asm-generic/socket.h */
export const AF_UNSPEC = 0;
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
/** Number of families that have a number. */
export const AF_MAX = 46;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_RDM = 4;
export const SOCK_SEQPACKET = 5;
export const SOCK_MAX = 11;
export const SOCK_TYPE_MASK = 0xf;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const SOL_SOCKET = 1;
export const SO_DEBUG = 1;
export const SO_REUSEADDR = 2;
export const SO_TYPE = 3;
export const SO_ERROR = 4;
export const SO_DONTROUTE = 5;
export const SO_BROADCAST = 6;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_KEEPALIVE = 9;
export const SO_OOBINLINE = 10;
export const SO_PRIORITY = 12;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const SO_PASSCRED = 16;
export const SO_PEERCRED = 17;
export const SO_RCVLOWAT = 18;
export const SO_SNDLOWAT = 19;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
export const SO_TIMESTAMP = 29;
export const SO_ACCEPTCONN = 30;
export const SO_NO_CHECK = 11;
export const SO_BINDTODEVICE = 25;
export const SO_TIMESTAMPNS = 35;
export const SO_RXQ_OVFL = 40;
export const SO_BUSY_POLL = 46;
export const SO_MAX_PACING_RATE = 47;
export const SO_INCOMING_CPU = 49;
export const SO_MEMINFO = 55;
export const SO_INCOMING_NAPI_ID = 56;
export const SO_COOKIE = 57;
export const SO_ZEROCOPY = 60;
export const SO_BSDCOMPAT = 14;
export const SO_ATTACH_FILTER = 26;
export const SO_DETACH_FILTER = 27;
export const SO_PEERNAME = 28;
export const SO_BUF_LOCK = 72;
export const SO_WIFI_STATUS = 41;
export const SO_NOFCS = 43;
export const SO_LOCK_FILTER = 44;
export const SO_SELECT_ERR_QUEUE = 45;
export const SO_PASSRIGHTS = 83;
export const SO_PEERSEC = 31;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_PASSSEC = 34;
export const SO_MARK = 36;
export const SO_PROTOCOL = 38;
export const SO_DOMAIN = 39;
export const SO_PEEK_OFF = 42;
export const SO_PEERGROUPS = 59;
export const SO_PASSPIDFD = 76;
export const SO_PEERPIDFD = 77;

export const MSG_OOB = 1;
export const MSG_PEEK = 2;
export const MSG_CTRUNC = 8;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_EOR = 0x80;
export const MSG_WAITALL = 0x100;
export const MSG_DONTROUTE = 4;
export const MSG_PROBE = 0x10;
export const MSG_CONFIRM = 0x800;
export const MSG_MORE = 0x8000;
export const MSG_FASTOPEN = 0x20000000;
export const MSG_ERRQUEUE = 0x2000;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_WAITFORONE = 0x10000;
export const MSG_CMSG_CLOEXEC = 0x40000000;

export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;
/** Bits of a socket's shutdown state: one more than SHUT_*. */
export const RCV_SHUTDOWN = 1;
export const SEND_SHUTDOWN = 2;
export const SHUTDOWN_MASK = 3;

export const SCM_RIGHTS = 1;
export const SCM_CREDENTIALS = 2;
export const SCM_PIDFD = 4;
/** Descriptors that one message may carry. */
export const SCM_MAX_FD = 253;

export const SIOCATMARK = 0x8905;
export const SIOCOUTQ = 0x5411;
export const SIOCINQ = 0x541b;

export const familyNames = enumNames("AF_???", { AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET });
export const messageFlagNames = flagNames("MSG_???", {
  MSG_OOB,
  MSG_PEEK,
  MSG_DONTROUTE: 4,
  MSG_CTRUNC,
  MSG_PROBE: 0x10,
  MSG_TRUNC,
  MSG_DONTWAIT,
  MSG_EOR,
  MSG_WAITALL,
  MSG_FIN: 0x200,
  MSG_SYN: 0x400,
  MSG_CONFIRM: 0x800,
  MSG_RST: 0x1000,
  MSG_ERRQUEUE,
  MSG_NOSIGNAL,
  MSG_MORE: 0x8000,
  MSG_WAITFORONE,
  MSG_ZEROCOPY: 0x4000000,
  MSG_FASTOPEN,
  MSG_CMSG_CLOEXEC,
});
export const shutdownNames = enumNames("SHUT_???", { SHUT_RD, SHUT_WR, SHUT_RDWR });
