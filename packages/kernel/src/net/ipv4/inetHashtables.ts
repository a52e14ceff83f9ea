import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { EADDRNOTAVAIL } from "../../uapi/errno.ts";
import { AF_INET, AF_INET6, SO_REUSEADDR, SO_REUSEPORT } from "../../uapi/socket.ts";
import { net } from "../core/netNamespace.ts";
import { TCP_LISTEN } from "../core/sock.ts";
import { type InetSock, v6Equal, v6IsAny } from "./inetSock.ts";
import { localPortRange } from "./ports.ts";
import { rcvSaddrEqual } from "./sockaddr.ts";
import { BindBucket, type EhashEntry, type TcpSock, TimewaitSock } from "./tcpSock.ts";

/** struct inet_hashinfo: TCP's tables. */
export class TcpHashInfo {
  /** Connections by both ports. */
  ehash = new Map<number, EhashEntry[]>();
  bhash = new Map<number, BindBucket>();
  /** Listeners by port. */
  listening = new Map<number, TcpSock[]>();
  connectRover = 0;
  /** Closed by their program but not yet ended (tcp_orphan_count). */
  orphans = 0;
}
stateClass(TcpHashInfo);

export function tcpHashInfo(k: Kernel): TcpHashInfo {
  let t = k.subsystems.get("tcp") as TcpHashInfo | undefined;
  if (!t) {
    t = new TcpHashInfo();
    k.subsystems.set("tcp", t);
  }
  return t;
}

const ehashKey = (num: number, dport: number): number => num * 65536 + dport;

/** @linux net/ipv4/inet_hashtables.c inet_ehash_insert */
export function ehashInsert(k: Kernel, e: EhashEntry): void {
  const { ehash } = tcpHashInfo(k);
  const key = ehashKey(e.num, e.dport);
  const list = ehash.get(key);
  if (list) list.push(e);
  else ehash.set(key, [e]);
}

export function ehashRemove(k: Kernel, e: EhashEntry): void {
  const { ehash } = tcpHashInfo(k);
  const key = ehashKey(e.num, e.dport);
  const list = ehash.get(key);
  const i = list ? list.indexOf(e) : -1;
  if (i < 0) return;
  if (list!.length === 1) ehash.delete(key);
  else list!.splice(i, 1);
}

/** @linux net/ipv4/inet_hashtables.c __inet_lookup_established */
export function lookupEstablished4(k: Kernel, saddr: number, sport: number, daddr: number, dport: number): EhashEntry | null {
  const list = tcpHashInfo(k).ehash.get(ehashKey(dport, sport));
  if (list) for (const e of list) if (!e.v6 && e.rcvSaddr === daddr && e.daddr === saddr) return e;
  return null;
}

/** @linux net/ipv6/inet6_hashtables.c __inet6_lookup_established */
export function lookupEstablished6(k: Kernel, saddr: Uint8Array, sport: number, daddr: Uint8Array, dport: number): EhashEntry | null {
  const list = tcpHashInfo(k).ehash.get(ehashKey(dport, sport));
  if (list) for (const e of list) if (e.v6 && v6Equal(e.v6RcvSaddr, daddr) && v6Equal(e.v6Daddr, saddr)) return e;
  return null;
}

/** The listener for a packet; of several with SO_REUSEPORT one is chosen by the peer's port. @linux net/ipv4/inet_hashtables.c __inet_lookup_listener */
export function lookupListener(
  k: Kernel,
  daddr: number,
  daddr6: Uint8Array | null,
  dport: number,
  sport: number,
  ifindex: number,
): TcpSock | null {
  const list = tcpHashInfo(k).listening.get(dport);
  if (!list) return null;
  let best: TcpSock | null = null;
  let most = -1;
  let equals: TcpSock[] | null = null;
  for (const sk of list) {
    let score = sk.family === AF_INET ? 2 : 1;
    if (daddr6) {
      if (sk.family !== AF_INET6) continue;
      if (!v6IsAny(sk.v6RcvSaddr)) {
        if (!v6Equal(sk.v6RcvSaddr, daddr6)) continue;
        score += 4;
      }
    } else {
      if (sk.family === AF_INET6 && sk.v6only) continue;
      if (sk.rcvSaddr !== 0) {
        if (sk.rcvSaddr !== daddr) continue;
        score += 4;
      }
    }
    if (sk.boundDevIf !== 0) {
      if (sk.boundDevIf !== ifindex) continue;
      score += 4;
    }
    if (score > most) {
      best = sk;
      most = score;
      equals = null;
    } else if (score === most && reuseport(sk) && best && reuseport(best)) {
      equals ??= [best];
      equals.push(sk);
    }
  }
  if (equals) return equals[(Math.imul(sport ^ net(k).secret, 0x9e3779b1) >>> 16) % equals.length]!;
  return best;
}

const reuse = (sk: TcpSock | TimewaitSock): boolean => (sk instanceof TimewaitSock ? sk.reuse : sk.options.get(SO_REUSEADDR) === 1);
const reuseport = (sk: TcpSock | TimewaitSock): boolean => (sk instanceof TimewaitSock ? sk.reuseport : sk.options.get(SO_REUSEPORT) === 1);

/** May a socket not have a port because of who has it? @linux net/ipv4/inet_connection_sock.c inet_csk_bind_conflict */
function bindConflict(sk: TcpSock, bucket: BindBucket): boolean {
  for (const other of bucket.owners) {
    if (other === sk) continue;
    if (other.boundDevIf !== 0 && sk.boundDevIf !== 0 && other.boundDevIf !== sk.boundDevIf) continue;
    const waits = other instanceof TimewaitSock;
    if (reuse(sk) && reuse(other) && (waits || other.state !== TCP_LISTEN)) continue;
    if (reuseport(sk) && reuseport(other) && (waits || other.uid === sk.uid)) continue;
    if (rcvSaddrEqual(sk, other as InetSock)) return true;
  }
  return false;
}

function bucketOf(k: Kernel, port: number): BindBucket {
  const { bhash } = tcpHashInfo(k);
  let b = bhash.get(port);
  if (!b) {
    b = new BindBucket(port);
    bhash.set(port, b);
  }
  return b;
}

/** Joins the owners of a port. @linux net/ipv4/inet_hashtables.c inet_bind_hash */
export function bindHash(k: Kernel, sk: TcpSock, port: number, connectOnly: boolean): void {
  const b = bucketOf(k, port);
  if (b.owners.length === 0) b.connectOnly = connectOnly;
  else if (!connectOnly) b.connectOnly = false;
  sk.num = sk.sport = port;
  if (sk.bind === b) return;
  b.owners.push(sk);
  sk.bind = b;
}

/** @linux net/ipv4/inet_hashtables.c inet_put_port */
export function putPort(k: Kernel, sk: TcpSock | TimewaitSock): void {
  const b = sk.bind;
  if (!b) return;
  sk.bind = null;
  const i = b.owners.indexOf(sk);
  if (i >= 0) b.owners.splice(i, 1);
  if (b.owners.length === 0 && tcpHashInfo(k).bhash.get(b.port) === b) tcpHashInfo(k).bhash.delete(b.port);
  if (!(sk instanceof TimewaitSock)) sk.num = 0;
}

/** bind()'s port: 0, or 1 if it is taken. Ports it chooses itself are odd as long as there are some. @linux net/ipv4/inet_connection_sock.c inet_csk_get_port */
export function cskGetPort(k: Kernel, sk: TcpSock, port: number): number {
  const { bhash } = tcpHashInfo(k);
  if (port === 0) {
    const { low, high } = localPortRange(k, sk);
    const n = high - low + 1;
    const start = (k.rng.u32() % n) | 1;
    for (let pass = 0; pass < 2 && port === 0; pass++)
      for (let i = 0; i < n; i += 2) {
        const candidate = low + ((start + i + pass) % n);
        const b = bhash.get(candidate);
        if (!b || !(b.connectOnly || bindConflict(sk, b))) {
          port = candidate;
          break;
        }
      }
    if (port === 0) return 1;
  } else {
    const b = bhash.get(port);
    if (b && bindConflict(sk, b)) return 1;
  }
  bindHash(k, sk, port, false);
  return 0;
}

/** Does a connection between these ends exist? One in TIME_WAIT for more than a second gives way. @linux net/ipv4/inet_hashtables.c __inet_check_established */
function taken(k: Kernel, sk: TcpSock, port: number): TimewaitSock | boolean {
  const list = tcpHashInfo(k).ehash.get(ehashKey(port, sk.dport));
  if (!list) return false;
  for (const e of list) {
    if (e === sk || e.v6 !== sk.v6) continue;
    const same = sk.v6
      ? v6Equal(e.v6RcvSaddr, sk.v6RcvSaddr) && v6Equal(e.v6Daddr, sk.v6Daddr)
      : e.rcvSaddr === sk.rcvSaddr && e.daddr === sk.daddr;
    if (!same) continue;
    if (e instanceof TimewaitSock && e.tsRecentStamp >= 0 && k.time.now() - e.tsRecentStamp > 1e9) return e;
    return true;
  }
  return false;
}

/** What a new connection takes over from the one in TIME_WAIT whose place it gets; null else. */
export let replacedTimewait: TimewaitSock | null = null;

/** Gives a connecting socket its port and its place in the table: 0 or -EADDRNOTAVAIL. Chosen ports are even as long as there are some. @linux net/ipv4/inet_hashtables.c __inet_hash_connect */
export function hashConnect(k: Kernel, sk: TcpSock, kill: (tw: TimewaitSock) => void): number {
  replacedTimewait = null;
  const info = tcpHashInfo(k);
  if (sk.num !== 0) {
    const t = taken(k, sk, sk.num);
    if (t === true) return -EADDRNOTAVAIL;
    if (t) {
      replacedTimewait = t;
      kill(t);
    }
    insert(k, sk);
    return 0;
  }
  const { low, high } = localPortRange(k, sk);
  const n = high - low + 1;
  const hash = Math.imul(sk.dport ^ sk.daddr ^ net(k).secret, 0x9e3779b1) >>> 8;
  const start = ((hash + info.connectRover) % n) & ~1;
  for (let pass = 0; pass < 2; pass++)
    for (let i = 0; i < n; i += 2) {
      const port = low + ((start + i + pass) % n);
      const b = info.bhash.get(port);
      if (b && !b.connectOnly) continue;
      const t = b ? taken(k, sk, port) : false;
      if (t === true) continue;
      if (t) {
        replacedTimewait = t;
        kill(t);
      }
      bindHash(k, sk, port, true);
      info.connectRover = (info.connectRover + i + 2) & 0xffff;
      insert(k, sk);
      return 0;
    }
  return -EADDRNOTAVAIL;
}

/** @linux net/ipv4/inet_hashtables.c inet_ehash_nolisten */
export function insert(k: Kernel, sk: TcpSock): void {
  sk.hashed = true;
  ehashInsert(k, sk);
}

/** Makes a socket one that listens. @linux net/ipv4/inet_hashtables.c __inet_hash */
export function hashListener(k: Kernel, sk: TcpSock): void {
  const { listening } = tcpHashInfo(k);
  const list = listening.get(sk.num);
  if (list) list.push(sk);
  else listening.set(sk.num, [sk]);
  sk.listening = true;
}

/** @linux net/ipv4/inet_hashtables.c inet_unhash */
export function unhash(k: Kernel, sk: TcpSock): void {
  if (sk.listening) {
    const { listening } = tcpHashInfo(k);
    const list = listening.get(sk.num);
    const i = list ? list.indexOf(sk) : -1;
    if (i >= 0) {
      if (list!.length === 1) listening.delete(sk.num);
      else list!.splice(i, 1);
    }
    sk.listening = false;
  }
  if (sk.hashed) {
    ehashRemove(k, sk);
    sk.hashed = false;
  }
}
