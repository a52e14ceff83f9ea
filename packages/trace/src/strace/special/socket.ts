import { enumNames, flagNames, type NameTable } from "@lstar/kernel/syscall/declare.ts";
import { familyNames, messageFlagNames } from "@lstar/kernel/uapi/socket.ts";
import { iovec } from "../arguments.ts";
import type { ArgPrinter, Call } from "../call.ts";
import { enumText, flagsText, pointer, quoteBytes } from "../text.ts";
import type { PrinterTable } from "./index.ts";
import { dotted, inet6Text, ipOptions, ipProtocols, ipv6Options, netlinkProtocols, tcpOptions, udpOptions } from "./socketNames.ts";

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const types = ["0", "SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_RDM", "SOCK_SEQPACKET", "SOCK_DCCP"];
const typeFlags = flagNames("SOCK_???", { SOCK_CLOEXEC: 0o2000000, SOCK_NONBLOCK: 0o4000 });
const levels = enumNames("SOL_??", {
  SOL_IP: 0,
  SOL_SOCKET: 1,
  SOL_TCP: 6,
  SOL_UDP: 17,
  SOL_IPV6: 41,
  SOL_ICMPV6: 58,
  SOL_RAW: 255,
  SOL_NETLINK: 270,
});
const options = enumNames("SO_???", {
  SO_DEBUG: 1,
  SO_REUSEADDR: 2,
  SO_TYPE: 3,
  SO_ERROR: 4,
  SO_DONTROUTE: 5,
  SO_BROADCAST: 6,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_KEEPALIVE: 9,
  SO_OOBINLINE: 10,
  SO_NO_CHECK: 11,
  SO_PRIORITY: 12,
  SO_LINGER: 13,
  SO_BSDCOMPAT: 14,
  SO_REUSEPORT: 15,
  SO_PASSCRED: 16,
  SO_PEERCRED: 17,
  SO_RCVLOWAT: 18,
  SO_SNDLOWAT: 19,
  SO_RCVTIMEO_OLD: 20,
  SO_SNDTIMEO_OLD: 21,
  SO_BINDTODEVICE: 25,
  SO_ATTACH_FILTER: 26,
  SO_DETACH_FILTER: 27,
  SO_PEERNAME: 28,
  SO_TIMESTAMP_OLD: 29,
  SO_ACCEPTCONN: 30,
  SO_PEERSEC: 31,
  SO_SNDBUFFORCE: 32,
  SO_RCVBUFFORCE: 33,
  SO_PASSSEC: 34,
  SO_MARK: 36,
  SO_PROTOCOL: 38,
  SO_DOMAIN: 39,
  SO_RXQ_OVFL: 40,
  SO_PEEK_OFF: 42,
  SO_PEERGROUPS: 59,
  SO_ZEROCOPY: 60,
});

/** "SOCK_STREAM|SOCK_CLOEXEC" */
const socketType: ArgPrinter = (c, i) => {
  const type = c.arg(i) & 0xf;
  const flags = c.arg(i) & ~0xf;
  const name = types[type] ?? `0x${type.toString(16)} /* SOCK_??? */`;
  return flags === 0 ? name : `${name}|${flagsText(typeFlags, flags)}`;
};
const acceptFlags: ArgPrinter = (c, i) => flagsText(typeFlags, c.arg(i));
/** The protocol, by the family's names. */
const protocolNumber: ArgPrinter = (c, i) => {
  const family = c.arg(0);
  if (family === AF_INET || family === AF_INET6) return enumText(ipProtocols, c.arg(i));
  return family === AF_NETLINK ? enumText(netlinkProtocols, c.arg(i)) : String(c.arg(i));
};

/** An address of `length` bytes. */
export function sockaddrText(c: Call, at: number, length: number): string {
  if (at === 0) return "NULL";
  if (length < 2) return pointer(at);
  const bytes = c.memory(at, Math.min(length, 128));
  if (bytes.length < 2) return pointer(at);
  const family = bytes[0]! | (bytes[1]! << 8);
  const port = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  if (family === AF_INET && bytes.length >= 16)
    return `{sa_family=AF_INET, sin_port=htons(${port}), sin_addr=inet_addr("${dotted(bytes, 4)}")}`;
  if (family === AF_INET6 && bytes.length >= 24) {
    const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const scope = bytes.length >= 28 ? `, sin6_scope_id=${v.getUint32(24, true)}` : "";
    return `{sa_family=AF_INET6, sin6_port=htons(${port}), sin6_flowinfo=htonl(${v.getUint32(4, false)}), inet_pton(AF_INET6, "${inet6Text(bytes.subarray(8, 24))}", &sin6_addr)${scope}}`;
  }
  if (family === AF_NETLINK && bytes.length >= 12) {
    const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return `{sa_family=AF_NETLINK, nl_pid=${v.getInt32(4, true)}, nl_groups=${v.getUint32(8, true).toString(16).padStart(8, "0")}}`;
  }
  if (family !== AF_UNIX) return `{sa_family=${enumText(familyNames, family)}, sa_data=${quoteBytes(bytes.subarray(2))}}`;
  if (length === 2) return "{sa_family=AF_UNIX}";
  const name = bytes.subarray(2, Math.min(length, 110));
  if (name[0] === 0) return `{sa_family=AF_UNIX, sun_path=@${quoteBytes(name.subarray(1))}}`;
  const end = name.indexOf(0);
  return `{sa_family=AF_UNIX, sun_path=${quoteBytes(end < 0 ? name : name.subarray(0, end))}}`;
}

/** What a length that the call changes was before it. */
const before = new WeakMap<Call, number>();

const inAddress: ArgPrinter = (c, i) => sockaddrText(c, c.arg(i), c.arg(i + 1));
/** An address that the call fills in; its length is behind the next argument. */
const outAddress: ArgPrinter = (c, i) => {
  const lengthAt = c.arg(i + 1);
  if (!c.exiting) {
    if (lengthAt !== 0) before.set(c, c.i32(lengthAt) ?? 0);
    return c.arg(i) === 0 ? "NULL" : null;
  }
  if (c.arg(i) === 0) return "NULL";
  if (c.ret! < 0) return pointer(c.arg(i));
  const length = c.i32(lengthAt) ?? 0;
  return sockaddrText(c, c.arg(i), Math.min(length, before.get(c) ?? length));
};
const outLength: ArgPrinter = (c, i) => {
  const at = c.arg(i);
  if (!c.exiting) {
    if (at !== 0) before.set(c, c.i32(at) ?? 0);
    return at === 0 ? "NULL" : null;
  }
  if (at === 0) return "NULL";
  const was = before.get(c) ?? 0;
  const now = c.i32(at);
  if (now === null) return pointer(at);
  return c.ret! < 0 || was === now ? `[${was}]` : `[${was} => ${now}]`;
};

const pair: ArgPrinter = (c, i) => {
  if (!c.exiting) return null;
  const v = c.ret! < 0 ? null : c.view(c.arg(i), 8);
  return v ? `[${c.fd(v.getInt32(0, true))}, ${c.fd(v.getInt32(4, true))}]` : pointer(c.arg(i));
};

const SO_LINGER = 13;
const SO_PEERCRED = 17;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const level: ArgPrinter = (c, i) => enumText(levels, c.arg(i));
const optionTables: Readonly<Record<number, NameTable>> = {
  0: ipOptions,
  1: options,
  6: tcpOptions,
  17: udpOptions,
  41: ipv6Options,
};
const optionName: ArgPrinter = (c, i) => {
  const table = optionTables[c.arg(1)];
  return table ? enumText(table, c.arg(i)) : String(c.arg(i));
};

const TCP_CONGESTION = 13;

function optionText(c: Call, at: number, length: number): string {
  if (c.arg(1) === 6 && c.arg(2) === TCP_CONGESTION) {
    const bytes = c.memory(at, Math.min(length, 16));
    const end = bytes.indexOf(0);
    return quoteBytes(end < 0 ? bytes : bytes.subarray(0, end));
  }
  if (c.arg(1) === 0 && (c.arg(2) === 35 || c.arg(2) === 36) && length >= 8) {
    const b = c.memory(at, 8);
    return `{imr_multiaddr=inet_addr("${dotted(b)}"), imr_interface=inet_addr("${dotted(b, 4)}")}`;
  }
  const v = length >= 4 ? c.view(at, Math.min(length, 16)) : null;
  if (!v) return pointer(at);
  if (c.arg(1) === 1) {
    const name = c.arg(2);
    if (name === SO_LINGER && length >= 8) return `{l_onoff=${v.getInt32(0, true)}, l_linger=${v.getInt32(4, true)}}`;
    if (name === SO_PEERCRED && length >= 12) return `{pid=${v.getInt32(0, true)}, uid=${id(v, 4)}, gid=${id(v, 8)}}`;
    if ((name === SO_RCVTIMEO || name === SO_SNDTIMEO) && length >= 16) {
      return `"${Array.from({ length: 16 }, (_, i) => `\\${v.getUint8(i).toString(8)}`).join("")}"`;
    }
  }
  return `[${v.getInt32(0, true)}]`;
}
const id = (v: DataView, at: number): string => (v.getInt32(at, true) === -1 ? "-1" : String(v.getUint32(at, true)));
const inOption: ArgPrinter = (c, i) => (c.arg(i) === 0 ? "NULL" : optionText(c, c.arg(i), c.arg(i + 1)));
const outOption: ArgPrinter = (c, i) => {
  if (!c.exiting) {
    before.set(c, c.i32(c.arg(i + 1)) ?? 0);
    return null;
  }
  return c.ret! < 0 ? pointer(c.arg(i)) : optionText(c, c.arg(i), c.i32(c.arg(i + 1)) ?? 0);
};

const cmsgTypes = ["0", "SCM_RIGHTS", "SCM_CREDENTIALS", "SCM_SECURITY", "SCM_PIDFD"];

function cmsgType(level: number, type: number): string {
  if (level === 1) return cmsgTypes[type] ?? `0x${type.toString(16)} /* SCM_??? */`;
  return level === 0 ? enumText(ipOptions, type) : `0x${type.toString(16)}`;
}

/** What IPv4's control messages say. */
function ipCmsgData(type: number, data: DataView): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (type === 8 && bytes.length >= 12) {
    const index = data.getInt32(0, true);
    return `, cmsg_data={ipi_ifindex=${index === 1 ? 'if_nametoindex("lo")' : index}, ipi_spec_dst=inet_addr("${dotted(bytes, 4)}"), ipi_addr=inet_addr("${dotted(bytes, 8)}")}`;
  }
  if (type === 2 && bytes.length >= 4) return `, cmsg_data=[${data.getInt32(0, true)}]`;
  if (type === 1 && bytes.length >= 1) return `, cmsg_data=[0x${bytes[0]!.toString(16)}]`;
  return "";
}

/** The control messages of a header. */
function controlText(c: Call, at: number, length: number): string {
  if (at === 0) return "NULL";
  const list: string[] = [];
  for (let p = 0; p + 16 <= length; ) {
    const v = c.view(at + p, 16);
    if (!v) return p === 0 ? pointer(at) : `[${list.join(", ")}, ...]`;
    const size = v.getUint32(0, true);
    const socketLevel = v.getInt32(8, true);
    const type = v.getInt32(12, true);
    let text = `cmsg_len=${size}, cmsg_level=${enumText(levels, socketLevel)}, cmsg_type=${cmsgType(socketLevel, type)}`;
    const data = c.view(at + p + 16, Math.max(0, Math.min(size, length - p) - 16));
    if (data && socketLevel === 1 && type === 1 && size > 16) {
      const fds = Array.from({ length: Math.floor(data.byteLength / 4) }, (_, i) => c.fd(data.getInt32(i * 4, true)));
      text += `, cmsg_data=[${fds.join(", ")}]`;
    } else if (data && socketLevel === 1 && type === 2 && data.byteLength >= 12)
      text += `, cmsg_data={pid=${data.getInt32(0, true)}, uid=${id(data, 4)}, gid=${id(data, 8)}}`;
    else if (data && socketLevel === 0) text += ipCmsgData(type, data);
    list.push(`{${text}}`);
    if (size < 16) break;
    p += Math.ceil(size / 8) * 8;
  }
  return `[${list.join(", ")}]`;
}

/** struct msghdr; `limit` bytes of its data are valid. */
function headerText(c: Call, at: number, limit: number, nameLength: number | null): string {
  const v = c.view(at, 56);
  if (!v) return pointer(at);
  const word = (o: number): number => v.getUint32(o + 4, true) * 4294967296 + v.getUint32(o, true);
  const length = v.getInt32(8, true);
  const name = word(0);
  const shown = nameLength === null || name === 0 || nameLength === length ? String(length) : `${nameLength} => ${length}`;
  const control = word(32);
  const controlLength = word(40);
  const parts = [
    `msg_name=${sockaddrText(c, name, nameLength === null ? length : Math.min(length, nameLength))}`,
    `msg_namelen=${shown}`,
    `msg_iov=${iovec(c, word(16), word(24), limit)}`,
    `msg_iovlen=${word(24)}`,
  ];
  if (controlLength > 0) parts.push(`msg_control=${controlText(c, control, controlLength)}`);
  parts.push(`msg_controllen=${controlLength}`, `msg_flags=${flagsText(messageFlagNames, v.getInt32(48, true))}`);
  return `{${parts.join(", ")}}`;
}

const sendHeader: ArgPrinter = (c, i) => headerText(c, c.arg(i), Number.POSITIVE_INFINITY, null);
const receiveHeader: ArgPrinter = (c, i) => {
  const at = c.arg(i);
  if (!c.exiting) {
    before.set(c, c.i32(at + 8) ?? 0);
    return null;
  }
  if (c.ret! < 0) {
    const length = c.i32(at + 8);
    return length === null ? pointer(at) : `{msg_namelen=${length}}`;
  }
  return headerText(c, at, c.ret!, before.get(c) ?? 0);
};
const headers = (c: Call, at: number): string => {
  const list: string[] = [];
  for (let n = 0; n < Math.max(0, c.ret!); n++) {
    const length = c.i32(at + n * 64 + 56) ?? 0;
    list.push(`{msg_hdr=${headerText(c, at + n * 64, length, null)}, msg_len=${length}}`);
  }
  return `[${list.join(", ")}]`;
};
const vectorOut: ArgPrinter = (c, i) => (c.exiting ? (c.ret! < 0 ? pointer(c.arg(i)) : headers(c, c.arg(i))) : null);

export const socketPrinters: PrinterTable = {
  socket: { 1: socketType, 2: protocolNumber },
  socketpair: { 1: socketType, 2: protocolNumber, 3: pair },
  bind: { 1: inAddress },
  connect: { 1: inAddress },
  accept: { 1: outAddress, 2: outLength },
  accept4: { 1: outAddress, 2: outLength, 3: acceptFlags },
  getsockname: { 1: outAddress, 2: outLength },
  getpeername: { 1: outAddress, 2: outLength },
  sendto: { 4: inAddress },
  recvfrom: { 4: outAddress, 5: outLength },
  sendmsg: { 1: sendHeader },
  recvmsg: { 1: receiveHeader },
  sendmmsg: { 1: vectorOut },
  recvmmsg: { 1: vectorOut },
  setsockopt: { 1: level, 2: optionName, 3: inOption },
  getsockopt: { 1: level, 2: optionName, 3: outOption, 4: outLength },
};
