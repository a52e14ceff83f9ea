import {
  ACK,
  ETH,
  ETH_P_IP,
  FIN,
  get16,
  get32,
  IP,
  PSH,
  RST,
  SYN,
  set16,
  set32,
  setEthernet,
  setIp,
  TCP,
  TCP_PROTOCOL,
  transportSum,
} from "./frame.ts";
import type { Inner, Outer } from "./outer.ts";
import { Ring } from "./ring.ts";

/** What a flow needs of the gateway that it is one of. */
export interface FlowLink {
  readonly guestMac: ArrayLike<number>;
  readonly ownMac: ArrayLike<number>;
  readonly guestAddress: number;
  /** Payload of a frame. */
  readonly mtu: number;
  /** Bytes that one connection may hold in either direction just now. */
  readonly limit: number;
  /** Something is to be sent to the guest; `urgent`: it should not wait until the guest rests. */
  ready(flow: TcpFlow, urgent: boolean): void;
  /** Collected bytes should be given to the outer end soon. */
  dirty(flow: TcpFlow): void;
  gone(flow: TcpFlow): void;
  /** ms */
  now(): number;
  /** Identification of the next IP packet. */
  nextId(): number;
}

const WSCALE = 7;
/** Received bytes after which an acknowledgement does not wait. */
const ACK_EVERY = 16 * 1024;
/** Bytes from the guest that are collected before they go out. */
const COLLECT = 32 * 1024;
const FIRST_RTO = 1000;
const MAX_RTO = 60_000;
const MAX_RETRIES = 10;

const after = (a: number, b: number): boolean => ((b - a) | 0) < 0;
const seqAdd = (a: number, n: number): number => (a + n) >>> 0;
const seqSub = (a: number, b: number): number => (a - b) | 0;

const CLOSED = 0;
const SYN_SENT = 1;
const SYN_RECEIVED = 2;
const ESTABLISHED = 3;
/** The guest has sent its SYN; what it is for is not there yet. */
const ASKED = 4;

/**
 * One TCP connection with the guest, of which this is the other end: what comes from outside goes to the guest in segments that
 * its window allows, what comes from the guest goes out as fast as it is taken there. The cable loses nothing, but the guest may: a
 * full queue of connections, a full buffer. So segments are sent again, all from the first one on that is missing.
 */
export class TcpFlow implements Inner {
  /** Address and port that the guest sees, and the port of the guest's own. */
  readonly address: number;
  readonly port: number;
  readonly guestPort: number;
  /** It is in the gateway's list of those who have something to send. */
  listed = false;
  /** It is in the gateway's list of those whose collected bytes must go out. */
  isDirty = false;
  readonly #link: FlowLink;
  outer: Outer;
  #state = CLOSED;
  readonly #iss: number;
  #sndUna: number;
  #sndNxt: number;
  #sndWnd = 0;
  #sndWl1 = 0;
  #sndScale = 0;
  #mss: number;
  readonly #out = new Ring();
  #paused = false;
  #finQueued = false;
  #finSent = false;
  #finAcked = false;
  #rcvNxt = 0;
  #rcvEdge = 0;
  #unacked = 0;
  #ackNow = false;
  #guestFin = false;
  #mustReset = false;
  #collected: Uint8Array | null = null;
  #collectedLength = 0;
  #scaled = true;
  #sentAt = 0;
  #rto = FIRST_RTO;
  #retries = 0;

  constructor(link: FlowLink, address: number, port: number, guestPort: number, iss: number, outer: Outer) {
    this.#link = link;
    this.address = address;
    this.port = port;
    this.guestPort = guestPort;
    this.#iss = iss;
    this.#sndUna = this.#sndNxt = iss;
    this.#mss = link.mtu - IP - TCP;
    this.outer = outer;
  }

  /** Begins a connection to the guest. */
  connect(): void {
    this.#state = SYN_SENT;
    this.#link.ready(this, true);
  }

  /** The guest asks for a connection: `frame` is its SYN, `at` the TCP header. It is answered when `accept` says so. */
  asked(frame: Uint8Array, at: number, size: number): void {
    this.#rcvNxt = seqAdd(get32(frame, at + 4), 1);
    this.#rcvEdge = this.#rcvNxt;
    this.#synOptions(frame, at, size);
    this.#sndWnd = get16(frame, at + 14);
    this.#sndWl1 = get32(frame, at + 4);
    this.#state = ASKED;
  }

  /** The outer end of what the guest asked for is there: it has its connection. */
  accept(): void {
    if (this.#state !== ASKED) return;
    this.#state = SYN_RECEIVED;
    this.#link.ready(this, true);
  }

  get open(): boolean {
    return this.#state !== CLOSED;
  }
  /** Bytes from the guest that have not left for the outside. */
  get waiting(): number {
    return this.#collectedLength + this.outer.queued;
  }
  /** The guest has said that it sends no more. */
  get guestEnded(): boolean {
    return this.#guestFin || this.#state === CLOSED;
  }
  /** Something was sent that the guest has not acknowledged. */
  get inFlight(): boolean {
    return this.#sndNxt !== this.#sndUna && !this.#mustReset;
  }

  // ---- from outside

  data(bytes: Uint8Array): void {
    if (this.#state === CLOSED || this.#finQueued) return;
    this.#out.push(bytes);
    if (!this.#paused && this.#out.length >= this.#link.limit) {
      this.#paused = true;
      this.outer.pause();
    }
    if (this.#sendable() > 0) this.#link.ready(this, true);
  }

  end(): void {
    if (this.#state === CLOSED || this.#finQueued) return;
    this.#finQueued = true;
    this.#link.ready(this, true);
  }

  abort(): void {
    if (this.#state === CLOSED || this.#mustReset) return;
    this.#mustReset = true;
    this.#out.drop(this.#out.length);
    this.#link.ready(this, true);
  }

  drained(): void {
    if (this.#state !== ESTABLISHED || this.#guestFin) return;
    const told = seqSub(this.#rcvEdge, this.#rcvNxt);
    const room = this.#room();
    if (room >= told + 2 * this.#mss && (told < this.#link.limit / 4 || room >= told + this.#link.limit / 2)) {
      this.#ackNow = true;
      this.#link.ready(this, true);
    }
  }

  /** Gives what has been collected from the guest to the outer end. */
  flush(): void {
    if (this.#collectedLength === 0) return;
    const bytes = (this.#collected as Uint8Array).subarray(0, this.#collectedLength);
    this.#collected = null;
    this.#collectedLength = 0;
    this.outer.write(bytes);
  }

  // ---- to the guest

  #room(): number {
    return Math.max(0, this.#link.limit - this.waiting);
  }

  /** Bytes that may be sent now. */
  #sendable(): number {
    if (this.#state !== ESTABLISHED || this.#finSent) return 0;
    const flying = seqSub(this.#sndNxt, this.#sndUna);
    const unsent = this.#out.length - flying;
    const n = Math.min(this.#mss, unsent, this.#sndWnd - flying);
    if (n <= 0) return 0;
    // No crumbs because the window is small just now.
    return n < this.#mss && n < unsent && flying > 0 ? 0 : n;
  }

  /** Makes the next frame for the guest in a buffer. @returns its length, 0 if there is none now */
  next(b: Uint8Array): number {
    if (this.#state === CLOSED) return 0;
    if (this.#mustReset) return this.#makeReset(b);
    if (this.#state === SYN_SENT || this.#state === SYN_RECEIVED) {
      if (this.#sndNxt !== this.#iss) return 0;
      this.#sndNxt = seqAdd(this.#iss, 1);
      this.#sent();
      return this.#segment(b, this.#iss, this.#state === SYN_SENT ? SYN : SYN | ACK, 0, 0);
    }
    if (this.#state !== ESTABLISHED) return 0;
    const n = this.#sendable();
    if (n > 0) {
      const seq = this.#sndNxt;
      const offset = seqSub(seq, this.#sndUna);
      const last = offset + n === this.#out.length;
      this.#sndNxt = seqAdd(seq, n);
      if (offset === 0) this.#sent();
      let flags = ACK | (last ? PSH : 0);
      if (last && this.#finQueued) {
        flags |= FIN;
        this.#finSent = true;
        this.#sndNxt = seqAdd(this.#sndNxt, 1);
      }
      return this.#segment(b, seq, flags, offset, n);
    }
    if (this.#finQueued && !this.#finSent && seqSub(this.#sndNxt, this.#sndUna) === this.#out.length) {
      const seq = this.#sndNxt;
      this.#finSent = true;
      this.#sndNxt = seqAdd(seq, 1);
      this.#sent();
      return this.#segment(b, seq, ACK | FIN, 0, 0);
    }
    if (!this.#ackNow) return 0;
    const length = this.#segment(b, this.#sndNxt, ACK, 0, 0);
    this.#endIfDone();
    return length;
  }

  #sent(): void {
    this.#sentAt = this.#link.now();
  }

  #makeReset(b: Uint8Array): number {
    const known = this.#state !== SYN_SENT;
    const seq = this.#state === ASKED ? 0 : this.#sndNxt;
    const length = known || seq !== this.#iss ? this.#segment(b, seq, RST | (known ? ACK : 0), 0, 0) : 0;
    this.#close();
    return length;
  }

  #segment(b: Uint8Array, seq: number, flags: number, offset: number, n: number): number {
    const { guestMac, ownMac, guestAddress } = this.#link;
    const syn = (flags & SYN) !== 0;
    const header = TCP + (syn ? 8 : 0);
    const total = IP + header + n;
    setEthernet(b, guestMac, ownMac, ETH_P_IP);
    setIp(b, total, TCP_PROTOCOL, this.address, guestAddress, this.#link.nextId());
    const at = ETH + IP;
    set16(b, at, this.port);
    set16(b, at + 2, this.guestPort);
    set32(b, at + 4, seq);
    set32(b, at + 8, flags & ACK ? this.#rcvNxt : 0);
    b[at + 12] = (header / 4) << 4;
    b[at + 13] = flags;
    set16(b, at + 14, this.#window(syn));
    set16(b, at + 16, 0);
    set16(b, at + 18, 0);
    if (syn) {
      b[at + 20] = 2;
      b[at + 21] = 4;
      set16(b, at + 22, this.#link.mtu - IP - TCP);
      // Without a scale from the other end there is none.
      const scale = this.#scaled;
      b[at + 24] = 1;
      b[at + 25] = scale ? 3 : 1;
      b[at + 26] = scale ? 3 : 1;
      b[at + 27] = scale ? WSCALE : 1;
    }
    this.#out.copy(offset, b, at + header, n);
    set16(b, at + 16, transportSum(b, at, header + n, TCP_PROTOCOL, this.address, guestAddress));
    if (flags & ACK) {
      this.#ackNow = false;
      this.#unacked = 0;
    }
    return ETH + total;
  }

  /** The window to tell, as it goes into a header. What was promised is never taken back. */
  #window(syn: boolean): number {
    const room = Math.min(this.#room(), syn || !this.#scaled ? 65535 : 2 ** 30);
    const promised = syn ? 0 : seqSub(this.#rcvEdge, this.#rcvNxt);
    const shift = syn || !this.#scaled ? 0 : WSCALE;
    const field = Math.min(65535, promised >= room ? Math.ceil(promised / 2 ** shift) : room >>> shift);
    this.#rcvEdge = seqAdd(this.#rcvNxt, Math.max(field * 2 ** shift, promised));
    return field;
  }

  // ---- from the guest

  #synOptions(f: Uint8Array, at: number, size: number): void {
    let scale = -1;
    for (let p = at + TCP; p < at + size; ) {
      const kind = f[p]!;
      if (kind === 0) break;
      if (kind === 1) {
        p++;
        continue;
      }
      const n = p + 1 < at + size ? f[p + 1]! : 0;
      if (n < 2 || p + n > at + size) break;
      if (kind === 2 && n === 4) this.#mss = Math.max(64, Math.min(this.#mss, get16(f, p + 2)));
      if (kind === 3 && n === 3) scale = Math.min(14, f[p + 2]!);
      p += n;
    }
    this.#scaled = scale >= 0;
    this.#sndScale = Math.max(0, scale);
  }

  /** A segment from the guest. `at`: its TCP header, of `size` bytes; then `length` bytes of payload. */
  receive(f: Uint8Array, at: number, size: number, length: number): void {
    const seq = get32(f, at + 4);
    const ack = get32(f, at + 8);
    const flags = f[at + 13]!;
    if (this.#state === SYN_SENT) {
      this.#answered(f, at, size, seq, ack, flags);
      return;
    }
    if (flags & RST) {
      if (seq === this.#rcvNxt || (seqSub(seq, this.#rcvNxt) > 0 && seqSub(this.#rcvEdge, seq) > 0)) this.#broken(false);
      return;
    }
    if (flags & SYN) {
      // The guest has not got the answer to its SYN, or is confused.
      if (this.#state === ASKED) return;
      if (this.#state === SYN_RECEIVED) this.#sndNxt = this.#iss;
      else this.#ackNow = true;
      this.#link.ready(this, true);
      return;
    }
    if (!(flags & ACK)) return;
    if (this.#state === SYN_RECEIVED) {
      if (ack !== seqAdd(this.#iss, 1)) return;
      this.#state = ESTABLISHED;
      this.#sndUna = ack;
      this.#retries = 0;
      this.outer.opened();
    }
    this.#acknowledged(seq, ack, get16(f, at + 14) * 2 ** this.#sndScale);
    if (this.#state !== ESTABLISHED) return;
    if (length > 0 || flags & FIN || seq !== this.#rcvNxt) this.#payload(f, at + size, seq, length, flags);
    this.#endIfDone();
    if (this.#state === ESTABLISHED && (this.#sendable() > 0 || (this.#finQueued && !this.#finSent))) this.#link.ready(this, true);
  }

  /** What the guest says to our SYN. */
  #answered(f: Uint8Array, at: number, size: number, seq: number, ack: number, flags: number): void {
    const right = ack === seqAdd(this.#iss, 1) && this.#sndNxt !== this.#iss;
    if (flags & RST) {
      if (flags & ACK && right) this.#broken(true);
      return;
    }
    if (!(flags & ACK)) return;
    if (!right || !(flags & SYN)) {
      // An end of an earlier connection with the same ports: it is told to forget it, then our SYN comes again.
      this.#link.ready(this, false);
      this.stray?.(ack);
      return;
    }
    this.#rcvNxt = seqAdd(seq, 1);
    this.#rcvEdge = this.#rcvNxt;
    this.#synOptions(f, at, size);
    this.#sndUna = ack;
    this.#sndWnd = get16(f, at + 14);
    this.#sndWl1 = seq;
    this.#state = ESTABLISHED;
    this.#retries = 0;
    this.#rto = FIRST_RTO;
    this.#ackNow = true;
    this.#link.ready(this, true);
    this.outer.opened();
  }
  /** Resets what the guest takes for a connection, by a segment with this sequence number. */
  stray: ((seq: number) => void) | null = null;

  #acknowledged(seq: number, ack: number, window: number): void {
    if (after(ack, this.#sndNxt)) {
      // Sent before we went back to send again?
      const most = seqAdd(this.#sndUna, this.#out.length + (this.#finQueued ? 1 : 0));
      if (after(ack, most)) {
        this.#ackNow = true;
        this.#link.ready(this, true);
        return;
      }
      this.#sndNxt = ack;
      if (seqSub(ack, this.#sndUna) > this.#out.length) this.#finSent = true;
    }
    if (after(ack, this.#sndUna)) {
      let n = seqSub(ack, this.#sndUna);
      if (n > this.#out.length) {
        n = this.#out.length;
        this.#finAcked = true;
      }
      this.#out.drop(n);
      this.#sndUna = ack;
      this.#retries = 0;
      this.#rto = FIRST_RTO;
      this.#sent();
      if (this.#paused && this.#out.length < this.#link.limit / 2) {
        this.#paused = false;
        this.outer.resume();
      }
    }
    if (ack === this.#sndUna && !after(this.#sndWl1, seq)) {
      this.#sndWnd = window;
      this.#sndWl1 = seq;
    }
  }

  #payload(f: Uint8Array, from: number, seq: number, length: number, flags: number): void {
    let skip = seqSub(this.#rcvNxt, seq);
    if (skip < 0 || skip > length || this.#guestFin) {
      // Too early, or known: the guest is told what is expected.
      this.#ackNow = true;
      this.#link.ready(this, true);
      return;
    }
    const room = seqSub(this.#rcvEdge, this.#rcvNxt);
    const n = Math.min(length - skip, Math.max(0, room));
    if (n > 0) {
      const push = (flags & PSH) !== 0 && n === length - skip;
      if (push && this.#collectedLength === 0) this.outer.write(f.slice(from + skip, from + skip + n));
      else this.#collect(f, from + skip, n);
      if (push) this.flush();
      this.#rcvNxt = seqAdd(this.#rcvNxt, n);
      this.#unacked += n;
    }
    skip += n;
    const fin = (flags & FIN) !== 0 && skip === length;
    if (fin) {
      this.#rcvNxt = seqAdd(this.#rcvNxt, 1);
      if (after(this.#rcvNxt, this.#rcvEdge)) this.#rcvEdge = this.#rcvNxt;
      this.#guestFin = true;
      this.flush();
      this.outer.end();
    }
    this.#ackNow = true;
    const room2 = seqSub(this.#rcvEdge, this.#rcvNxt);
    this.#link.ready(this, fin || this.#unacked >= ACK_EVERY || n === 0 || room2 < this.#mss * 2);
  }

  #collect(f: Uint8Array, at: number, n: number): void {
    if (this.#collected && this.#collectedLength + n > this.#collected.length) this.flush();
    this.#collected ??= new Uint8Array(COLLECT);
    this.#collected.set(f.subarray(at, at + n), this.#collectedLength);
    this.#collectedLength += n;
    this.#link.dirty(this);
  }

  /** Both directions are over and the guest knows. */
  #endIfDone(): void {
    if (this.#guestFin && this.#finAcked && !this.#ackNow) this.#close();
  }

  #broken(refused: boolean): void {
    this.flush();
    this.#close();
    this.outer.reset(refused);
  }

  #close(): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    this.#link.gone(this);
  }

  /** Time passes: what has not been acknowledged for too long is sent again. */
  tick(now: number): void {
    if (this.#state === CLOSED || this.listed || !this.inFlight || now - this.#sentAt < this.#rto) return;
    if (++this.#retries > MAX_RETRIES) {
      this.#mustReset = true;
      this.outer.reset(this.#state === SYN_SENT);
    } else {
      this.#rto = Math.min(MAX_RTO, this.#rto * 2);
      this.#sndNxt = this.#state === ESTABLISHED ? this.#sndUna : this.#iss;
      this.#finSent = false;
      this.#sentAt = now;
    }
    this.#link.ready(this, true);
  }
}
