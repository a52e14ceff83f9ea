import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { familyNames, messageFlagNames, shutdownNames } from "../uapi/socket.ts";
import {
  sysAccept4,
  sysBind,
  sysConnect,
  sysGetname,
  sysGetsockopt,
  sysListen,
  sysSetsockopt,
  sysShutdown,
  sysSocket,
  sysSocketpair,
} from "./calls.ts";
import { sysRecvfrom, sysRecvmmsg, sysRecvmsg, sysSendmmsg, sysSendmsg, sysSendto } from "./message.ts";
import "./ipv4/icmp.ts";
import "./ipv4/ping.ts";
import "./ipv4/raw.ts";
import "./ipv4/tcp.ts";
import "./ipv4/udp.ts";
import "./netlink/afNetlink.ts";
import "./unix/afUnix.ts";

const flags = A.flags(messageFlagNames);
const address = { kind: "sockaddr", width: "u64" } as const;

/** @linux net/socket.c */
export const netSyscalls: readonly SyscallDef[] = [
  syscall("socket", { family: A.enum(familyNames), type: A.custom("i32"), protocol: A.custom("i32") }, sysSocket, {
    linux: "net/socket.c __sys_socket",
    ret: "fd",
  }),
  syscall(
    "socketpair",
    { family: A.enum(familyNames), type: A.custom("i32"), protocol: A.custom("i32"), usockvec: A.custom() },
    sysSocketpair,
    { linux: "net/socket.c __sys_socketpair" },
  ),
  syscall("bind", { fd: A.fd, umyaddr: { ...address, dir: "in", length: "addrlen" }, addrlen: A.int }, sysBind, {
    linux: "net/socket.c __sys_bind",
  }),
  syscall("connect", { fd: A.fd, uservaddr: { ...address, dir: "in", length: "addrlen" }, addrlen: A.int }, sysConnect, {
    linux: "net/socket.c __sys_connect",
    eintr: "slow",
  }),
  syscall("listen", { fd: A.fd, backlog: A.int }, sysListen, { linux: "net/socket.c __sys_listen" }),
  syscall(
    "accept",
    { fd: A.fd, upeer_sockaddr: { ...address, dir: "out", length: "upeer_addrlen" }, upeer_addrlen: A.intPtr("inout") },
    (k, fd, addr, length) => sysAccept4(k, fd, addr, length, 0),
    { linux: "net/socket.c __sys_accept4", eintr: "slow", ret: "fd" },
  ),
  syscall(
    "accept4",
    {
      fd: A.fd,
      upeer_sockaddr: { ...address, dir: "out", length: "upeer_addrlen" },
      upeer_addrlen: A.intPtr("inout"),
      flags: A.custom("i32"),
    },
    sysAccept4,
    { linux: "net/socket.c __sys_accept4", eintr: "slow", ret: "fd" },
  ),
  syscall(
    "getsockname",
    { fd: A.fd, usockaddr: { ...address, dir: "out", length: "usockaddr_len" }, usockaddr_len: A.intPtr("inout") },
    (k, fd, addr, length) => sysGetname(k, fd, addr, length, false),
    { linux: "net/socket.c __sys_getsockname" },
  ),
  syscall(
    "getpeername",
    { fd: A.fd, usockaddr: { ...address, dir: "out", length: "usockaddr_len" }, usockaddr_len: A.intPtr("inout") },
    (k, fd, addr, length) => sysGetname(k, fd, addr, length, true),
    { linux: "net/socket.c __sys_getpeername" },
  ),
  syscall(
    "sendto",
    { fd: A.fd, buff: A.bufIn("len"), len: A.size, flags, addr: { ...address, dir: "in", length: "addr_len" }, addr_len: A.int },
    sysSendto,
    { linux: "net/socket.c __sys_sendto", eintr: "slow", short: { length: "len" } },
  ),
  syscall(
    "recvfrom",
    {
      fd: A.fd,
      ubuf: A.bufOut("ret"),
      size: A.size,
      flags,
      addr: { ...address, dir: "out", length: "addr_len" },
      addr_len: A.intPtr("inout"),
    },
    sysRecvfrom,
    { linux: "net/socket.c __sys_recvfrom", eintr: "slow", short: { length: "size" } },
  ),
  syscall("sendmsg", { fd: A.fd, msg: A.custom(), flags }, sysSendmsg, {
    linux: "net/socket.c __sys_sendmsg",
    eintr: "slow",
    short: { length: "msg" },
  }),
  syscall("recvmsg", { fd: A.fd, msg: A.custom(), flags }, sysRecvmsg, {
    linux: "net/socket.c __sys_recvmsg",
    eintr: "slow",
    short: { length: "msg" },
  }),
  syscall("sendmmsg", { fd: A.fd, mmsg: A.custom(), vlen: A.uint, flags }, sysSendmmsg, {
    linux: "net/socket.c __sys_sendmmsg",
    eintr: "slow",
  }),
  syscall("recvmmsg", { fd: A.fd, mmsg: A.custom(), vlen: A.uint, flags, timeout: A.ptr }, sysRecvmmsg, {
    linux: "net/socket.c __sys_recvmmsg",
    eintr: "slow",
  }),
  syscall("shutdown", { fd: A.fd, how: A.enum(shutdownNames) }, sysShutdown, { linux: "net/socket.c __sys_shutdown" }),
  syscall("setsockopt", { fd: A.fd, level: A.custom("i32"), optname: A.custom("i32"), optval: A.custom(), optlen: A.int }, sysSetsockopt, {
    linux: "net/socket.c __sys_setsockopt",
  }),
  syscall(
    "getsockopt",
    { fd: A.fd, level: A.custom("i32"), optname: A.custom("i32"), optval: A.custom(), optlen: A.intPtr("inout") },
    sysGetsockopt,
    { linux: "net/socket.c __sys_getsockopt" },
  ),
];
