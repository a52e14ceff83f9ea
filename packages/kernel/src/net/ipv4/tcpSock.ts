import { KernelTimer } from "../../kernel/time/timer.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { POLLOUT, POLLWRBAND, POLLWRNORM } from "../../uapi/poll.ts";
import { POLL_OUT } from "../../uapi/signal.ts";
import { AF_INET6, SO_KEEPALIVE, SO_RCVBUF, SO_RCVLOWAT, SO_SNDBUF } from "../../uapi/socket.ts";
import { TCP_FIN_TIMEOUT, TCP_INIT_CWND, TCP_MSS_DEFAULT, TCP_RMEM, TCP_TIMEOUT_INIT, TCP_WMEM } from "../../uapi/tcp.ts";
import type { Packet } from "../core/skb.ts";
import { localBhDisable, localBhEnable } from "../core/softnet.ts";
import { IN6ADDR_ANY, InetSock } from "./inetSock.ts";

/** What other files do for a socket here: set by them at load time (tables of functions, no state). */
export const tcpHooks = {
  doRcv: (_k: Kernel, _sk: TcpSock, _skb: Packet): void => {},
  retransmitTimer: (_k: Kernel, _sk: TcpSock): void => {},
  delackTimer: (_k: Kernel, _sk: TcpSock): void => {},
  keepaliveTimer: (_k: Kernel, _sk: TcpSock): void => {},
  synackTimer: (_k: Kernel, _req: RequestSock): void => {},
  timewaitTimer: (_k: Kernel, _tw: TimewaitSock): void => {},
  setKeepalive: (_k: Kernel, _sk: TcpSock, _on: boolean): void => {},
  setRcvlowat: (_k: Kernel, _sk: TcpSock): void => {},
};

export const TIMER_RETRANS = 0;
export const TIMER_DELACK = 1;
export const TIMER_KEEPALIVE = 2;

/** One of a connection's timers: runs as a softirq does. */
export class TcpTimer extends KernelTimer {
  readonly sk: TcpSock;
  readonly kind: number;
  constructor(sk: TcpSock, kind: number) {
    super();
    this.sk = sk;
    this.kind = kind;
  }
  expire(k: Kernel): void {
    localBhDisable(k);
    if (this.kind === TIMER_RETRANS) tcpHooks.retransmitTimer(k, this.sk);
    else if (this.kind === TIMER_DELACK) tcpHooks.delackTimer(k, this.sk);
    else tcpHooks.keepaliveTimer(k, this.sk);
    localBhEnable(k);
  }
}
class SynackTimer extends KernelTimer {
  readonly req: RequestSock;
  constructor(req: RequestSock) {
    super();
    this.req = req;
  }
  expire(k: Kernel): void {
    localBhDisable(k);
    tcpHooks.synackTimer(k, this.req);
    localBhEnable(k);
  }
}
class TimewaitTimer extends KernelTimer {
  readonly tw: TimewaitSock;
  constructor(tw: TimewaitSock) {
    super();
    this.tw = tw;
  }
  expire(k: Kernel): void {
    localBhDisable(k);
    tcpHooks.timewaitTimer(k, this.tw);
    localBhEnable(k);
  }
}

/** What SYNs agreed on, and the time stamps last seen: struct tcp_options_received. */
export class TcpOptionsReceived {
  tstampOk = false;
  wscaleOk = false;
  sackOk = false;
  sndWscale = 0;
  rcvWscale = 0;
  mssClamp = TCP_MSS_DEFAULT;
  tsRecent = 0;
  /** When that was, in ns since boot; -1 = never. */
  tsRecentStamp = -1;
}

/** Whom a port belongs to: struct inet_bind_bucket. */
export class BindBucket {
  readonly port: number;
  owners: (TcpSock | TimewaitSock)[] = [];
  /** Nobody asked for it with bind(): connections to different peers may share it. */
  connectOnly = false;
  constructor(port: number) {
    this.port = port;
  }
}

/** An entry of the table of connections: a connection, one that is being made, or one that has been. */
export type EhashEntry = TcpSock | RequestSock | TimewaitSock;

/** struct tcp_sock, with struct inet_connection_sock. Sequence numbers are unsigned 32-bit numbers, times ns. */
export class TcpSock extends InetSock {
  readonly kind = "sock";
  bind: BindBucket | null = null;
  hashed = false;
  listening = false;
  /** connect() has been called and has not told how it ended (SS_CONNECTING). */
  connecting = false;

  rcvNxt = 0;
  copiedSeq = 0;
  rcvWup = 0;
  rcvWnd = 0;
  rcvSsthresh = 0;
  windowClamp = 0;
  sndNxt = 0;
  sndUna = 0;
  sndWl1 = 0;
  sndWnd = 0;
  maxWindow = 0;
  writeSeq = 0;
  pushedSeq = 0;
  sndSml = 0;
  sndUp = 0;
  urgSeq = 0;
  urgData = 0;
  mssCache = TCP_MSS_DEFAULT;
  /** Largest packet that the way to the peer takes (icsk_pmtu_cookie). */
  pathMtu = 65536;
  /** Set by TCP_MAXSEG; 0 = not. */
  userMss = 0;
  advmss = 65535;
  /** In 256ths: how much of the receive buffer is payload. */
  scalingRatio = 128;
  rx = new TcpOptionsReceived();
  tsOffset = 0;

  nonagle = 0;
  /** Unsent, and sent but not acknowledged. */
  writeQueue: Packet[] = [];
  rtxQueue: Packet[] = [];
  /** Received out of order, by sequence number. */
  ofoQueue: Packet[] = [];
  /** The block that a SACK tells first: the one received last. */
  lastSack = 0;
  wmemQueued = 0;
  /** Somebody waits for room to write (SOCK_NOSPACE); room has been made (SOCK_QUEUE_SHRUNK). */
  nospace = false;
  shrunk = false;
  /** A FIN has come (SOCK_DONE). */
  done = false;
  /** Where small writes go (sk_frag). */
  fragFrame = 0;
  fragOffset = 0;

  cwnd = TCP_INIT_CWND;
  cwndCnt = 0;
  ssthresh = 0x7fffffff;
  cwndLimited = false;
  dupAcks = 0;
  /** Recovery ends when this has been acknowledged; the state is TCP_CA_*. */
  caState = 0;
  highSeq = 0;
  undoMarker = 0;
  priorCwnd = 0;
  sackedOut = 0;
  lostOut = 0;
  retransOut = 0;
  srtt = 0;
  mdev = 0;
  rttvar = 0;
  minRtt = 0;
  rto = TCP_TIMEOUT_INIT;
  backoff = 0;
  retransmits = 0;
  retransStamp = 0;
  probesOut = 0;
  probesStamp = 0;
  totalRetrans = 0;

  ackPending = 0;
  quick = 0;
  pingpong = 0;
  /** How long an ACK may wait; 0 before the first data. */
  ato = 0;
  lrcvtime = 0;
  lsndtime = 0;
  rcvTstamp = 0;
  lastOowAck = 0;
  rcvMss = TCP_MSS_DEFAULT;
  rcvqSpace = 0;
  rcvqSeq = 0;
  rcvqTime = 0;

  keepaliveTime = 7200e9;
  keepaliveIntvl = 75e9;
  keepaliveProbes = 9;
  userTimeout = 0;
  /** TCP_LINGER2: -1 = none, else ns. */
  linger2 = TCP_FIN_TIMEOUT;
  synRetries = 6;
  deferAccept = 0;
  notsentLowat = 0xffffffff;
  softErr = 0;
  /** Options of IPPROTO_TCP that are only kept. */
  tcpOptions = new Map<number, number>();

  readonly retransTimer = new TcpTimer(this, TIMER_RETRANS);
  /** The timer stands for window probes (ICSK_TIME_PROBE0). */
  probe0 = false;
  readonly delackTimer = new TcpTimer(this, TIMER_DELACK);
  readonly keepaliveTimer = new TcpTimer(this, TIMER_KEEPALIVE);

  /** A listener's connections that wait for accept, and how many are being made. */
  acceptQueue: TcpSock[] = [];
  reqCount = 0;
  listener: TcpSock | null = null;

  bytesAcked = 0;
  bytesReceived = 0;
  bytesSent = 0;
  bytesRetrans = 0;
  segsIn = 0;
  segsOut = 0;
  dataSegsIn = 0;
  dataSegsOut = 0;
  delivered = 0;

  constructor(family: number, type: number, protocol: number) {
    super(family, type, protocol);
    this.sndbuf = TCP_WMEM[1];
    this.rcvbuf = TCP_RMEM[1];
  }

  backlogRcv(k: Kernel, skb: Packet): void {
    tcpHooks.doRcv(k, this, skb);
  }
  override memInfo(): { rmem: number; wmem: number; drops: number } {
    return { rmem: this.rmemAlloc, wmem: this.wmemQueued, drops: this.drops };
  }

  /** A setting of SOL_SOCKET that a connection has to act on. */
  override optionChanged(k: Kernel, name: number, value: number): void {
    if (name === SO_KEEPALIVE) tcpHooks.setKeepalive(k, this, value !== 0);
    else if (name === SO_RCVBUF) this.rcvbufLocked = true;
    else if (name === SO_SNDBUF) this.sndbufLocked = true;
    else if (name === SO_RCVLOWAT) tcpHooks.setRcvlowat(k, this);
  }

  /** @linux net/core/stream.c sk_stream_write_space */
  override writeSpace(k: Kernel): void {
    if (this.sndbuf - this.wmemQueued < this.wmemQueued >> 1 || !this.nospace || !this.notsentFree) return;
    this.nospace = false;
    this.queue?.wakeUp(k, POLLOUT | POLLWRNORM | POLLWRBAND);
    if (!(this.shutdown & 2)) this.wakeAsync(k, POLL_OUT);
  }
  /** @linux include/net/tcp.h tcp_stream_memory_free */
  get notsentFree(): boolean {
    return ((this.writeSeq - this.sndNxt) >>> 0) * 2 < this.notsentLowat || this.notsentLowat === 0xffffffff;
  }
  /** @linux include/net/sock.h sk_stream_memory_free */
  get memoryFree(): boolean {
    return this.wmemQueued < this.sndbuf && this.notsentFree;
  }
  /** @linux include/net/sock.h __sk_stream_is_writeable */
  get streamWriteable(): boolean {
    return this.sndbuf - this.wmemQueued >= this.wmemQueued >> 1 && this.notsentFree;
  }
}

/** struct tcp_request_sock: a connection that has had its SYN and not yet the last ACK. */
export class RequestSock {
  readonly kind = "request";
  listener: TcpSock;
  num: number;
  dport: number;
  v6: boolean;
  rcvSaddr: number;
  daddr: number;
  v6RcvSaddr: Uint8Array;
  v6Daddr: Uint8Array;
  rx = new TcpOptionsReceived();
  rcvIsn = 0;
  sndIsn = 0;
  mss = TCP_MSS_DEFAULT;
  pathMtu = 65536;
  rcvWnd = 0;
  windowClamp = 0;
  tsOffset = 0;
  tos = 0;
  /** The last ACK has come but the connection could not be made or is to wait for data. */
  acked = false;
  numTimeout = 0;
  sentAt = 0;
  lastOowAck = 0;
  readonly timer = new SynackTimer(this);
  constructor(
    listener: TcpSock,
    num: number,
    dport: number,
    v6: boolean,
    rcvSaddr: number,
    daddr: number,
    v6Rcv: Uint8Array,
    v6Daddr: Uint8Array,
  ) {
    this.listener = listener;
    this.num = num;
    this.dport = dport;
    this.v6 = v6;
    this.rcvSaddr = rcvSaddr;
    this.daddr = daddr;
    this.v6RcvSaddr = v6Rcv;
    this.v6Daddr = v6Daddr;
  }
}

/** struct tcp_timewait_sock: what is left of a connection that this side closed. */
export class TimewaitSock {
  readonly kind = "timewait";
  readonly family: number;
  readonly num: number;
  readonly dport: number;
  readonly v6: boolean;
  readonly v6only: boolean;
  readonly mapped: boolean;
  readonly rcvSaddr: number;
  readonly daddr: number;
  readonly v6RcvSaddr: Uint8Array;
  readonly v6Daddr: Uint8Array;
  readonly boundDevIf: number;
  /** TCP_TIME_WAIT or TCP_FIN_WAIT2. */
  substate = 0;
  reuse = false;
  reuseport = false;
  uid = 0;
  rcvNxt = 0;
  sndNxt = 0;
  rcvWnd = 0;
  rcvWscale = 0;
  tsRecent = 0;
  tsRecentStamp = -1;
  tsOffset = 0;
  tstampOk = false;
  tos = 0;
  bind: BindBucket | null;
  lastOowAck = 0;
  readonly timer = new TimewaitTimer(this);
  constructor(sk: TcpSock) {
    this.family = sk.family;
    this.num = sk.num;
    this.dport = sk.dport;
    this.v6 = sk.v6;
    this.v6only = sk.v6only;
    this.mapped = sk.mapped;
    this.rcvSaddr = sk.rcvSaddr;
    this.daddr = sk.daddr;
    this.v6RcvSaddr = sk.family === AF_INET6 ? sk.v6RcvSaddr : IN6ADDR_ANY;
    this.v6Daddr = sk.v6Daddr;
    this.boundDevIf = sk.boundDevIf;
    this.bind = sk.bind;
  }
}

stateClass(TcpTimer, SynackTimer, TimewaitTimer, TcpOptionsReceived, BindBucket, TcpSock, RequestSock, TimewaitSock);

/** Comparison of sequence numbers. @linux include/net/tcp.h before */
export const before = (a: number, b: number): boolean => ((a - b) | 0) < 0;
export const after = (a: number, b: number): boolean => ((b - a) | 0) < 0;
export const seqAdd = (a: number, n: number): number => (a + n) >>> 0;
/** Distance from b to a, below 2^31. */
export const seqSub = (a: number, b: number): number => (a - b) | 0;
