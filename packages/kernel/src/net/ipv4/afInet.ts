import type { PollTable } from "../../include/linux/wait.ts";
import { capable } from "../../kernel/capability.ts";
import { sysctlValue } from "../../kernel/sysctl.ts";
import type { Kernel } from "../../kernel.ts";
import { putUser32 } from "../../mm/usercopy.ts";
import { stateTable } from "../../state.ts";
import { CAP_NET_BIND_SERVICE } from "../../uapi/capability.ts";
import {
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAGAIN,
  EINVAL,
  ENOENT,
  ENOPROTOOPT,
  ENOTCONN,
  ENOTTY,
  EOPNOTSUPP,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
} from "../../uapi/errno.ts";
import * as IN from "../../uapi/in.ts";
import { AF_INET, AF_INET6, AF_UNSPEC, SHUTDOWN_MASK, SIOCINQ, SIOCOUTQ, SOCK_STREAM } from "../../uapi/socket.ts";
import { TCP_CLOSE, TCP_LISTEN, TCP_SYN_SENT } from "../core/sock.ts";
import { ipv6ChkAddr } from "../ipv6/ip6Output.ts";
import { ipv6Getsockopt, ipv6Setsockopt } from "../ipv6/ipv6Sockglue.ts";
import { type Message, type ProtoOps, type Socket, sockRegister } from "../socket.ts";
import { devinetIoctl } from "./devinet.ts";
import {
  IN6ADDR_ANY,
  type InetSock,
  inetSk,
  LOOPBACK4_IPV6,
  lockSock,
  releaseSock,
  sockaddrIn,
  sockaddrIn6,
  v6IsAny,
  v6IsMulticast,
  v6Mapped,
} from "./inetSock.ts";
import { ipGetsockopt, ipSetsockopt } from "./ipSockglue.ts";
import { inetAddrType, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST } from "./route.ts";
import { bindAddress, familyOf, needsScope, type SockAddress } from "./sockaddr.ts";

/** What a protocol does for its sockets: struct proto. */
export interface Proto {
  readonly name: string;
  /** Finds or takes a port (0 = any): 0, or 1 if it is taken. */
  getPort(k: Kernel, sk: InetSock, port: number): number;
  /** 0, -errno or BLOCKED. */
  connect(k: Kernel, sock: Socket, addr: Uint8Array, flags: number): number;
  disconnect(k: Kernel, sk: InetSock): number;
  close(k: Kernel, sk: InetSock): void;
  sendmsg(k: Kernel, sock: Socket, m: Message): number;
  recvmsg(k: Kernel, sock: Socket, m: Message): number;
  poll(k: Kernel, sock: Socket, table: PollTable | null): number;
  /** What SIOCOUTQ (`out`) or SIOCINQ tells, or -errno. */
  queued(sk: InetSock, out: boolean): number;
  /** Other commands; -ENOTTY. */
  ioctl?(k: Kernel, sk: InetSock, cmd: number, arg: number): number;
  shutdown?(k: Kernel, sk: InetSock, how: number): void;
  bind?(k: Kernel, sk: InetSock, a: SockAddress): number;
  /** -EPROTONOSUPPORT for a level that is not the protocol's own. */
  setsockopt?(k: Kernel, sock: Socket, level: number, name: number, addr: number, length: number): number;
  getsockopt?(k: Kernel, sock: Socket, level: number, name: number, addr: number, lengthAddr: number): number;
}

/** A row of inetsw: which socket() calls a protocol answers. */
export interface InetProtosw {
  type: number;
  /** IPPROTO_IP: any protocol number (raw sockets). */
  protocol: number;
  proto: Proto;
  create(k: Kernel, family: number, type: number, protocol: number): InetSock | number;
  /** Beyond what all have: listen, accept and kin. */
  ops?: Partial<ProtoOps>;
}
const inetsw = new Map<number, { row: InetProtosw; ops: ProtoOps }[]>();

/** May the current task have this port? @linux net/ipv4/af_inet.c inet_port_requires_bind_service */
function portAllowed(k: Kernel, port: number): boolean {
  const first = Number(sysctlValue(k, "net/ipv4/ip_unprivileged_port_start") ?? 1024);
  return port === 0 || port >= first || capable(k, CAP_NET_BIND_SERVICE);
}

/** Gives a socket its local addresses. For IPv6's, what IPv4 sees matches nobody. */
export function setLocal(sk: InetSock, a: SockAddress): void {
  if (sk.family === AF_INET) {
    sk.rcvSaddr = sk.saddr = a.v4;
    return;
  }
  if (a.v6 === null) {
    sk.rcvSaddr = sk.saddr = a.v4;
    sk.v6RcvSaddr = sk.v6Saddr = v6Mapped(a.v4);
  } else if (v6IsAny(a.v6)) {
    sk.rcvSaddr = sk.saddr = 0;
    sk.v6RcvSaddr = sk.v6Saddr = IN6ADDR_ANY;
  } else {
    sk.rcvSaddr = sk.saddr = LOOPBACK4_IPV6;
    sk.v6RcvSaddr = sk.v6Saddr = a.v6;
  }
}

/** @linux net/ipv4/af_inet.c inet_reset_saddr */
export function resetSaddr(sk: InetSock): void {
  sk.rcvSaddr = sk.saddr = 0;
  sk.v6RcvSaddr = sk.v6Saddr = IN6ADDR_ANY;
}

/** Is the address one to bind to? 0 or -EADDRNOTAVAIL, -EINVAL. */
export function checkLocal(k: Kernel, sk: InetSock, a: SockAddress): number {
  if (a.v6 !== null) {
    if (v6IsMulticast(a.v6) && sk.type === SOCK_STREAM) return -EINVAL;
    if (needsScope(a.v6)) {
      if (a.scope !== 0) sk.boundDevIf = a.scope;
      if (sk.boundDevIf === 0) return -EINVAL;
    }
    if (v6IsMulticast(a.v6)) return 0;
    if (v6IsAny(a.v6)) return 0;
    return ipv6ChkAddr(k, a.v6) || sk.ip6Options.get(IN.IPV6_FREEBIND) || sk.ipOptions.get(IN.IP_FREEBIND) ? 0 : -EADDRNOTAVAIL;
  }
  if (sk.family === AF_INET6 && sk.v6only) return -EINVAL;
  const type = inetAddrType(k, a.v4);
  if (a.v4 === 0 || type === RTN_LOCAL || type === RTN_MULTICAST || type === RTN_BROADCAST) return 0;
  return sk.ipOptions.get(IN.IP_FREEBIND) || sk.ipOptions.get(IN.IP_TRANSPARENT) ? 0 : -EADDRNOTAVAIL;
}

/** @linux net/ipv4/af_inet.c __inet_bind, net/ipv6/af_inet6.c __inet6_bind */
function bind(proto: Proto, k: Kernel, sock: Socket, bytes: Uint8Array): number {
  const sk = inetSk(sock);
  const a = bindAddress(k, sk, bytes);
  if (typeof a === "number") return a;
  if (proto.bind) return proto.bind(k, sk, a);
  if (sk.family === AF_INET6) {
    if (!portAllowed(k, a.port)) return -EACCES;
    if (sk.state !== TCP_CLOSE || sk.num !== 0) return -EINVAL;
  }
  const e = checkLocal(k, sk, a);
  if (e < 0) return e;
  if (!portAllowed(k, a.port)) return -EACCES;
  if (sk.state !== TCP_CLOSE || sk.num !== 0) return -EINVAL;
  setLocal(sk, a);
  const type = a.v6 ? 0 : inetAddrType(k, a.v4);
  if (a.v6 ? v6IsMulticast(a.v6) : type === RTN_MULTICAST || type === RTN_BROADCAST) {
    sk.saddr = 0;
    sk.v6Saddr = IN6ADDR_ANY;
  }
  // An address of IPv6's own: from now on the socket speaks nothing else.
  const only = sk.v6only;
  if (a.v6 && !v6IsAny(a.v6)) sk.v6only = true;
  if (a.port !== 0 || !sk.ipOptions.get(IN.IP_BIND_ADDRESS_NO_PORT)) {
    if (proto.getPort(k, sk, a.port) !== 0) {
      resetSaddr(sk);
      sk.v6only = only;
      return -EADDRINUSE;
    }
  }
  if (a.v6 ? !v6IsAny(a.v6) : a.v4 !== 0) sk.addrLocked = true;
  if (a.port !== 0) sk.portLocked = true;
  sk.daddr = 0;
  sk.v6Daddr = IN6ADDR_ANY;
  sk.dport = 0;
  return 0;
}

/** @linux net/ipv4/af_inet.c inet_autobind */
export function inetAutobind(k: Kernel, proto: Proto, sk: InetSock): number {
  if (sk.num !== 0) return 0;
  return proto.getPort(k, sk, 0) !== 0 ? -EAGAIN : 0;
}

/** @linux net/ipv4/af_inet.c inet_dgram_connect */
export function inetDgramConnect(proto: Proto, k: Kernel, sock: Socket, addr: Uint8Array, flags: number): number {
  const sk = inetSk(sock);
  if (addr.length < 2) return -EINVAL;
  if (familyOf(addr) === AF_UNSPEC) return proto.disconnect(k, sk);
  const e = inetAutobind(k, proto, sk);
  return e < 0 ? e : proto.connect(k, sock, addr, flags);
}

/** @linux net/ipv4/af_inet.c inet_getname, net/ipv6/af_inet6.c inet6_getname */
function getname(_k: Kernel, sock: Socket, peer: boolean): Uint8Array | number {
  const sk = inetSk(sock);
  if (peer) {
    if (sk.dport === 0 || sk.state === TCP_CLOSE || sk.state === TCP_SYN_SENT) return -ENOTCONN;
    return sk.family === AF_INET ? sockaddrIn(sk.daddr, sk.dport) : sockaddrIn6(sk.mapped ? v6Mapped(sk.daddr) : sk.v6Daddr, sk.dport);
  }
  if (sk.family === AF_INET) return sockaddrIn(sk.rcvSaddr !== 0 ? sk.rcvSaddr : sk.saddr, sk.sport);
  return sockaddrIn6(v6IsAny(sk.v6RcvSaddr) ? sk.v6Saddr : sk.v6RcvSaddr, sk.sport);
}

/** @linux net/ipv4/af_inet.c inet_shutdown */
function shutdown(proto: Proto, k: Kernel, sock: Socket, how: number): number {
  const sk = inetSk(sock);
  const bits = how + 1;
  if (bits & ~SHUTDOWN_MASK || bits === 0) return -EINVAL;
  lockSock(sk);
  let r = 0;
  if (sk.state === TCP_LISTEN) {
    if (bits & 1) r = proto.disconnect(k, sk);
  } else if (sk.state === TCP_SYN_SENT) r = proto.disconnect(k, sk);
  else {
    if (sk.state === TCP_CLOSE) r = -ENOTCONN;
    sk.shutdown |= bits;
    if (proto.shutdown) proto.shutdown(k, sk, bits);
  }
  sk.stateChange(k);
  releaseSock(k, sk);
  return r;
}

const SIOCGSTAMP = 0x8906;
const SIOCGSTAMPNS = 0x8907;

/** @linux net/ipv4/af_inet.c inet_ioctl */
function ioctl(proto: Proto, k: Kernel, sock: Socket, cmd: number, arg: number): number {
  if (cmd === SIOCGSTAMP || cmd === SIOCGSTAMPNS) return -ENOENT;
  const sk = inetSk(sock);
  if (cmd === SIOCINQ || cmd === SIOCOUTQ) {
    const n = proto.queued(sk, cmd === SIOCOUTQ);
    return n < 0 ? n : putUser32(k, arg, n);
  }
  if (sk.family === AF_INET) {
    const r = devinetIoctl(k, cmd, arg);
    if (r !== -ENOTTY) return r;
  }
  return proto.ioctl ? proto.ioctl(k, sk, cmd, arg) : -ENOTTY;
}

function setsockopt(proto: Proto, k: Kernel, sock: Socket, level: number, name: number, addr: number, length: number): number {
  const sk = inetSk(sock);
  if (proto.setsockopt) {
    const r = proto.setsockopt(k, sock, level, name, addr, length);
    if (r !== -EPROTONOSUPPORT) return r;
  }
  if (level === IN.SOL_IP) return ipSetsockopt(k, sock, name, addr, length);
  if (level === IN.SOL_IPV6 && sk.family === AF_INET6) return ipv6Setsockopt(k, sock, name, addr, length);
  return -ENOPROTOOPT;
}

function getsockopt(proto: Proto, k: Kernel, sock: Socket, level: number, name: number, addr: number, lengthAddr: number): number {
  const sk = inetSk(sock);
  if (proto.getsockopt) {
    const r = proto.getsockopt(k, sock, level, name, addr, lengthAddr);
    if (r !== -EPROTONOSUPPORT) return r;
  }
  if (level === IN.SOL_IP) return ipGetsockopt(k, sock, name, addr, lengthAddr);
  if (level === IN.SOL_IPV6 && sk.family === AF_INET6) return ipv6Getsockopt(k, sock, name, addr, lengthAddr);
  return sk.family === AF_INET6 ? -ENOPROTOOPT : -EOPNOTSUPP;
}

/** Registers a protocol. @linux net/ipv4/af_inet.c inet_register_protosw */
export function inetRegisterProtosw(row: InetProtosw): void {
  const { proto } = row;
  const ops: ProtoOps = stateTable(`inet_${proto.name}_ops`, {
    ownControl: true,
    release: (k: Kernel, sock: Socket): void => {
      inetSk(sock).memberships = [];
      proto.close(k, inetSk(sock));
    },
    bind: (k: Kernel, sock: Socket, addr: Uint8Array): number => bind(proto, k, sock, addr),
    connect: (k: Kernel, sock: Socket, addr: Uint8Array, flags: number): number => inetDgramConnect(proto, k, sock, addr, flags),
    getname,
    poll: proto.poll,
    ioctl: (k: Kernel, sock: Socket, cmd: number, arg: number): number => ioctl(proto, k, sock, cmd, arg),
    queued: (sock: Socket, out: boolean): number => proto.queued(inetSk(sock), out),
    shutdown: (k: Kernel, sock: Socket, how: number): number => shutdown(proto, k, sock, how),
    setsockopt: (k: Kernel, sock: Socket, level: number, name: number, addr: number, length: number): number =>
      setsockopt(proto, k, sock, level, name, addr, length),
    getsockopt: (k: Kernel, sock: Socket, level: number, name: number, addr: number, lengthAddr: number): number =>
      getsockopt(proto, k, sock, level, name, addr, lengthAddr),
    sendmsg: proto.sendmsg,
    recvmsg: proto.recvmsg,
    ...row.ops,
  });
  const list = inetsw.get(row.type);
  if (list) list.push({ row, ops });
  else inetsw.set(row.type, [{ row, ops }]);
}

/** @linux net/ipv4/af_inet.c inet_create, net/ipv6/af_inet6.c inet6_create */
function create(family: number, k: Kernel, sock: Socket, protocol: number): number {
  if (protocol < 0 || protocol >= IN.IPPROTO_MAX) return -EINVAL;
  const rows = inetsw.get(sock.type) ?? [];
  let error = rows.length === 0 ? -ESOCKTNOSUPPORT : -EPROTONOSUPPORT;
  for (const { row, ops } of rows) {
    const wild = row.protocol === IN.IPPROTO_IP;
    // ICMP's number depends on the family.
    const own = row.protocol === IN.IPPROTO_ICMP && family === AF_INET6 ? IN.IPPROTO_ICMPV6 : row.protocol;
    if (protocol === IN.IPPROTO_IP) {
      if (wild || own === IN.IPPROTO_ICMP || own === IN.IPPROTO_ICMPV6) continue;
    } else if (!wild && protocol !== own) continue;
    const sk = row.create(k, family, sock.type, protocol === IN.IPPROTO_IP ? own : protocol);
    if (typeof sk === "number") {
      error = sk;
      break;
    }
    sk.uid = k.current.cred.fsuid;
    sk.id = k.rng.u32() & 0xffff;
    sock.ops = ops;
    sock.sk = sk;
    sk.socket = sock;
    return 0;
  }
  return error;
}

sockRegister(AF_INET, (k, sock, protocol) => create(AF_INET, k, sock, protocol));
sockRegister(AF_INET6, (k, sock, protocol) => create(AF_INET6, k, sock, protocol));
