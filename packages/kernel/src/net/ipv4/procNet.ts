import type { Kernel } from "../../kernel.ts";
import { AF_INET, AF_INET6 } from "../../uapi/socket.ts";
import { type Net, net, type PortTable } from "../core/netNamespace.ts";
import { get32 } from "../core/skb.ts";
import * as S from "../core/sock.ts";
import { tcpHashInfo } from "./inetHashtables.ts";
import type { InetSock } from "./inetSock.ts";
import { IN6ADDR_ANY, v6Mapped } from "./inetSock.ts";
import { type EhashEntry, RequestSock, TcpSock, TimewaitSock } from "./tcpSock.ts";

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const HEAD6 =
  "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const hex = (n: number, width: number): string => (n >>> 0).toString(16).toUpperCase().padStart(width, "0");

/** An IPv4 address as the machine's word for it reads. */
const word = (v4: number): string => hex(((v4 << 24) | ((v4 & 0xff00) << 8) | ((v4 >>> 8) & 0xff00) | (v4 >>> 24)) >>> 0, 8);
const words = (v6: Uint8Array): string => word(get32(v6, 0)) + word(get32(v6, 4)) + word(get32(v6, 8)) + word(get32(v6, 12));

/** ns in ticks of USER_HZ. */
const ticks = (ns: number): number => Math.max(0, Math.floor(ns / 1e7));
const POINTER = "0000000000000000";

export const inodeOf = (sk: InetSock): number => sk.socket?.file?.inode.ino ?? 0;

/** Local and remote address of anything in the tables, in a family's form. */
function ends(e: InetSock | EhashEntry, v6: boolean): string {
  const sport = e instanceof TimewaitSock || e instanceof RequestSock ? e.num : e.sport;
  if (!v6) return `${word(e.rcvSaddr)}:${hex(sport, 4)} ${word(e.daddr)}:${hex(e.dport, 4)}`;
  const real = e.v6;
  const local = real ? e.v6RcvSaddr : e.v6RcvSaddr === IN6ADDR_ANY ? IN6ADDR_ANY : v6Mapped(e.rcvSaddr);
  const remote = real ? e.v6Daddr : v6Mapped(e.daddr);
  return `${words(local)}:${hex(sport, 4)} ${words(remote)}:${hex(e.dport, 4)}`;
}

/** Which timer of a connection runs, and for how long yet. @linux net/ipv4/tcp_ipv4.c get_tcp4_sock */
export function timerOf(k: Kernel, sk: TcpSock): { active: number; left: number } {
  const now = k.time.now();
  if (sk.retransTimer.heapIndex >= 0) return { active: sk.probe0 ? 4 : 1, left: sk.retransTimer.expires - now };
  if (sk.keepaliveTimer.heapIndex >= 0) return { active: 2, left: sk.keepaliveTimer.expires - now };
  return { active: 0, left: 0 };
}

function tcpLine(k: Kernel, i: number, e: EhashEntry, v6: boolean): string {
  const start = `${String(i).padStart(4)}: ${ends(e, v6)} `;
  if (e instanceof TimewaitSock)
    return `${start}${hex(e.substate, 2)} 00000000:00000000 03:${hex(ticks(e.timer.expires - k.time.now()), 8)} 00000000     0        0 0 3 ${POINTER}`;
  if (e instanceof RequestSock)
    return `${start}03 00000000:00000000 01:${hex(ticks(e.timer.expires - k.time.now()), 8)} ${hex(e.numTimeout, 8)} ${String(e.listener.uid).padStart(5)}        0 0 0 ${POINTER}`;
  const listens = e.state === S.TCP_LISTEN;
  const t = timerOf(k, e);
  const rx = listens ? e.acceptQueue.length : Math.max(0, (e.rcvNxt - e.copiedSeq) | 0);
  const tx = listens ? 0 : (e.writeSeq - e.sndUna) >>> 0;
  const ssthresh = listens ? 0 : e.ssthresh >= 0x7fffffff ? -1 : e.ssthresh;
  return `${start}${hex(e.state, 2)} ${hex(tx, 8)}:${hex(rx, 8)} ${hex(t.active, 2)}:${hex(ticks(t.left), 8)} ${hex(e.retransmits, 8)} ${String(e.uid).padStart(5)} ${String(e.probesOut).padStart(8)} ${inodeOf(e)} 1 ${POINTER} ${ticks(e.rto)} ${ticks(e.ato)} ${(e.quick << 1) | (e.pingpong > 0 ? 1 : 0)} ${e.cwnd} ${ssthresh}`;
}

/** Listeners, then everything else, of one family. */
export function tcpEntries(k: Kernel, family: number): EhashEntry[] {
  const { listening, ehash } = tcpHashInfo(k);
  const out: EhashEntry[] = [];
  const of = (e: EhashEntry): number => (e instanceof RequestSock ? e.listener.family : e.family);
  for (const list of listening.values()) for (const sk of list) if (sk.family === family) out.push(sk);
  for (const list of ehash.values()) for (const e of list) if (of(e) === family) out.push(e);
  return out;
}

/** /proc/net/tcp, tcp6. @linux net/ipv4/tcp_ipv4.c tcp4_seq_show */
export function tcpTable(k: Kernel, v6: boolean): string {
  let out = v6 ? `${HEAD6}\n` : `${HEAD.padEnd(149)}\n`;
  tcpEntries(k, v6 ? AF_INET6 : AF_INET).forEach((e, i) => {
    const line = tcpLine(k, i, e, v6);
    out += v6 ? `${line}\n` : `${line.padEnd(149)}\n`;
  });
  return out;
}

/** Sockets of a table that are of a family. */
export function socketsOf(table: PortTable, family: number): InetSock[] {
  const out: InetSock[] = [];
  for (const list of table.byPort.values()) for (const sk of list) if (sk.family === family) out.push(sk);
  return out;
}

/** /proc/net/udp and kin. @linux net/ipv4/udp.c udp4_format_sock */
export function datagramTable(_k: Kernel, table: PortTable, v6: boolean, head: string, width: number): string {
  let out = v6 ? `${HEAD6} ref pointer drops\n` : `${head.padEnd(width)}\n`;
  for (const sk of socketsOf(table, v6 ? AF_INET6 : AF_INET)) {
    const line = `${String(sk.num).padStart(5)}: ${ends(sk, v6)} ${hex(sk.state, 2)} ${hex(sk.wmemAlloc, 8)}:${hex(sk.rmemAlloc, 8)} 00:00000000 00000000 ${String(sk.uid).padStart(5)}        0 ${inodeOf(sk)} 2 ${POINTER} ${sk.drops}`;
    out += v6 ? `${line}\n` : `${line.padEnd(width)}\n`;
  }
  return out;
}
export const UDP_HEAD = ` ${HEAD} ref pointer drops`;
export const RAW_HEAD = `${HEAD} ref pointer drops`;

const row = (name: string, fields: readonly string[], values: (field: string) => number): string =>
  `${name}: ${fields.join(" ")}\n${name}: ${fields.map(values).join(" ")}\n`;

const IP =
  "Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates OutTransmits".split(
    " ",
  );
const ICMP =
  "InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos InEchoReps InTimestamps InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors OutRateLimitGlobal OutRateLimitHost OutDestUnreachs OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps OutTimestampReps OutAddrMasks OutAddrMaskReps".split(
    " ",
  );
const TCP =
  "RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors".split(
    " ",
  );
const UDP = "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors".split(" ");
const FIXED: Readonly<Record<string, number>> = {
  "Ip.Forwarding": 2,
  "Ip.DefaultTTL": 64,
  "Tcp.RtoAlgorithm": 1,
  "Tcp.RtoMin": 200,
  "Tcp.RtoMax": 120000,
  "Tcp.MaxConn": -1,
};

/** /proc/net/snmp. @linux net/ipv4/proc.c snmp_seq_show */
export function snmpTable(k: Kernel): string {
  const { mib } = net(k);
  const of = (group: string) => (field: string) =>
    FIXED[`${group}.${field}`] ?? mib.get(field === "OutTransmits" ? "Ip.OutRequests" : `${group}.${field}`);
  let types = "";
  let values = "";
  for (const way of ["InType", "OutType"])
    for (let t = 0; t < 256; t++) {
      const n = mib.get(`Icmp.${way}${t}`);
      if (n === 0) continue;
      types += ` ${way}${t}`;
      values += ` ${n}`;
    }
  const messages = types === "" ? "" : `IcmpMsg:${types}\nIcmpMsg:${values}\n`;
  return (
    row("Ip", IP, of("Ip")) +
    row("Icmp", ICMP, of("Icmp")) +
    messages +
    row("Tcp", TCP, of("Tcp")) +
    row("Udp", UDP, of("Udp")) +
    row("UdpLite", UDP, () => 0)
  );
}

/** The counters of /proc/net/netstat that are kept here. */
const TCP_EXT =
  "SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts TW PAWSEstab DelayedACKs ListenOverflows ListenDrops TCPTimeouts TCPAbortOnTimeout TCPBacklogDrop TCPRcvQDrop TCPZeroWindowDrop".split(
    " ",
  );
/** @linux net/ipv4/proc.c netstat_seq_show */
export function netstatTable(k: Kernel): string {
  const { mib } = net(k);
  return row("TcpExt", TCP_EXT, (f) => mib.get(`TcpExt.${f}`)) + row("IpExt", ["InNoRoutes", "InTruncatedPkts"], () => 0);
}

const countOf = (table: PortTable, family: number): number => socketsOf(table, family).length;

/** /proc/net/sockstat, sockstat6. @linux net/ipv4/proc.c sockstat_seq_show */
export function sockstatTable(k: Kernel, v6: boolean): string {
  const n: Net = net(k);
  const family = v6 ? AF_INET6 : AF_INET;
  const entries = tcpEntries(k, family);
  const inuse = entries.filter((e) => e instanceof TcpSock).length;
  if (v6)
    return `TCP6: inuse ${inuse}\nUDP6: inuse ${countOf(n.udp, family)}\nUDPLITE6: inuse 0\nRAW6: inuse ${countOf(n.raw6, family)}\nFRAG6: inuse 0 memory 0\n`;
  const all = [...entries, ...tcpEntries(k, AF_INET6)];
  const orphans = all.filter((e) => e instanceof TcpSock && e.dead).length;
  const tw = all.filter((e) => e instanceof TimewaitSock).length;
  const sockets = all.filter((e) => e instanceof TcpSock);
  const memory = sockets.reduce((sum, e) => sum + Math.ceil(((e as TcpSock).rmemAlloc + (e as TcpSock).wmemQueued) / 4096), 0);
  return `sockets: used ${socketCount(k)}\nTCP: inuse ${inuse} orphan ${orphans} tw ${tw} alloc ${sockets.length} mem ${memory}\nUDP: inuse ${countOf(n.udp, family)} mem 0\nUDPLITE: inuse 0\nRAW: inuse ${countOf(n.raw, family)}\nFRAG: inuse 0 memory 0\n`;
}

/** Open sockets of all families. */
function socketCount(k: Kernel): number {
  const sockets = new Set<object>();
  for (const t of k.pids.values()) for (const f of t.files.fd) if (f?.priv && "sk" in f.priv) sockets.add(f.priv);
  return sockets.size;
}
