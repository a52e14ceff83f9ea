import type { HostNet, NetLink } from "@lstar/kernel/host.ts";
import { Fragments } from "./fragments.ts";
import {
  ACK,
  ETH,
  ETH_P_ARP,
  ETH_P_IP,
  get16,
  get32,
  ICMP_PROTOCOL,
  IP,
  plainSum,
  RST,
  SYN,
  set16,
  set32,
  setEthernet,
  setIp,
  TCP,
  TCP_PROTOCOL,
  transportSum,
  UDP,
  UDP_PROTOCOL,
  v4,
  v4Bytes,
} from "./frame.ts";
import type { Outer } from "./outer.ts";
import { type FlowLink, TcpFlow } from "./tcpFlow.ts";
import { UdpFlows, type UdpReply } from "./udpFlows.ts";

/** The guest's network: 10.0.2.0/24, as qemu's user networking has it. */
export const GUEST_ADDRESS = v4(10, 0, 2, 15);
export const GATEWAY_ADDRESS = v4(10, 0, 2, 2);
export const DNS_ADDRESS = v4(10, 0, 2, 3);
const NETWORK = v4(10, 0, 2, 0);
const NETMASK = v4(255, 255, 255, 0);
const MTU = 1500;
const GUEST_MAC = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
const GATEWAY_MAC = [0x52, 0x55, 10, 0, 2, 2];

/** Connections at a time. */
const MAX_FLOWS = 4096;
/** What all connections share as buffers, and the least and most of it that one has (bytes, in each direction). */
const POOL = 32 * 2 ** 20;
const LEAST = 16 * 2 ** 10;
const MOST = 512 * 2 ** 10;
/** Frames that wait beside those of connections: answers to ARP, errors, datagrams. */
const MAX_WAITING = 512;
const FIRST_PORT = 16384;
/** ms between looks for what has to be sent again. */
const TICK = 200;
const ICMP_UNREACH = 3;
const PORT_UNREACH = 3;
const NET_PROHIBITED = 9;

/** Somebody who answers the guest's own connections and datagrams: which it may make is for this to say. */
export interface Outgoing {
  /** The guest wants a connection: the outer end, or null if it may not have it. */
  dial(address: number, port: number, inner: TcpFlow): Outer | null;
  /** May it send datagrams there? They are then given to `datagram`. */
  datagram(address: number, port: number, from: number, bytes: Uint8Array, reply: UdpReply): boolean;
}

/**
 * A router with one machine behind it. Towards the machine it speaks Ethernet, ARP, IPv4, ICMP, TCP and UDP; beyond it are
 * `Outer` ends. It reaches nothing by itself: it only has what is given to it.
 */
export class Gateway implements HostNet, FlowLink {
  readonly link: NetLink = {
    mac: GUEST_MAC,
    address: v4Bytes(GUEST_ADDRESS),
    prefixLength: 24,
    gateway: v4Bytes(GATEWAY_ADDRESS),
    mtu: MTU,
  };
  readonly guestMac = GUEST_MAC;
  readonly ownMac = GATEWAY_MAC;
  readonly guestAddress = GUEST_ADDRESS;
  readonly mtu = MTU;
  outgoing: Outgoing | null = null;
  /** Called when frames wait for the machine. Never in the midst of `transmit` or `receive`. */
  onFrames: () => void = () => {};
  /** ns that passed while the machine slept and waited; set by whoever waits. */
  idleTime: () => number = () => 0;
  /** Connections by both ports and the address that the guest sees. */
  readonly #flows = new Map<string, TcpFlow>();
  readonly #ready: TcpFlow[] = [];
  readonly #dirty: TcpFlow[] = [];
  readonly #waiting: Uint8Array[] = [];
  readonly #udp = new UdpFlows();
  readonly #fragments = new Fragments();
  readonly #frame = new Uint8Array(ETH + MTU);
  #port = FIRST_PORT;
  #iss = 1;
  #id = 0;
  #inGuest = false;
  #answer = false;
  #announced = false;
  #soon = false;
  #timer: ReturnType<typeof setInterval> | null = null;
  #closed = false;

  // ---- the machine's side

  transmit(frame: Uint8Array): boolean {
    this.#inGuest = true;
    this.#answer = false;
    this.#fromGuest(frame);
    this.#inGuest = false;
    return this.#answer;
  }

  receive(): Uint8Array | null {
    this.#announced = false;
    const waiting = this.#waiting.shift();
    if (waiting) return waiting;
    const ready = this.#ready;
    this.#inGuest = true;
    let length = 0;
    while (ready.length > 0) {
      const flow = ready[0] as TcpFlow;
      length = flow.next(this.#frame);
      if (length > 0) {
        // The others have their turn.
        if (ready.length > 1) ready.push(ready.shift() as TcpFlow);
        break;
      }
      flow.listed = false;
      ready.shift();
    }
    this.#inGuest = false;
    return length > 0 ? this.#frame.subarray(0, length) : null;
  }

  waited(): number {
    return this.idleTime();
  }

  #announce(): void {
    if (this.#inGuest) {
      this.#answer = true;
      return;
    }
    if (this.#announced || this.#closed) return;
    this.#announced = true;
    this.onFrames();
  }

  /** The machine is there now: it hears of what has come already. */
  start(): void {
    this.#announced = false;
    if (this.#ready.length > 0 || this.#waiting.length > 0) this.#announce();
  }

  // ---- what flows need

  get limit(): number {
    return Math.min(MOST, Math.max(LEAST, Math.floor(POOL / (this.#flows.size + 1))));
  }
  now(): number {
    return performance.now();
  }
  nextId(): number {
    this.#id = (this.#id + 1) & 0xffff;
    return this.#id;
  }
  ready(flow: TcpFlow, urgent: boolean): void {
    if (!flow.listed) {
      flow.listed = true;
      this.#ready.push(flow);
    }
    if (urgent) this.#announce();
    else this.#later();
    if (this.#timer === null && !this.#closed) this.#startTicking();
  }
  dirty(flow: TcpFlow): void {
    if (flow.isDirty) return;
    flow.isDirty = true;
    this.#dirty.push(flow);
    this.#later();
  }
  gone(flow: TcpFlow): void {
    this.#flows.delete(keyOf(flow.address, flow.port, flow.guestPort));
  }

  /** When the machine rests: what was collected goes out, and acknowledgements go in. */
  #later(): void {
    if (this.#soon) return;
    this.#soon = true;
    const run = (): void => {
      this.#soon = false;
      this.flush();
      if (this.#ready.length > 0 || this.#waiting.length > 0) this.#announce();
    };
    if (typeof setImmediate === "function") setImmediate(run);
    else setTimeout(run, 0);
  }

  /** Gives all that was collected from the guest to the outer ends. */
  flush(): void {
    for (const flow of this.#dirty.splice(0)) {
      flow.isDirty = false;
      flow.flush();
    }
  }

  #startTicking(): void {
    const timer = setInterval(() => {
      const now = this.now();
      let busy = false;
      for (const flow of [...this.#flows.values()]) {
        flow.tick(now);
        busy ||= flow.inFlight || flow.listed;
      }
      if (busy) return;
      clearInterval(timer);
      this.#timer = null;
    }, TICK);
    // What waits here must not keep a program alive that has nothing else to do.
    (timer as { unref?: () => void }).unref?.();
    this.#timer = timer;
  }

  // ---- the outer side

  /** Connects to a port of the guest. @returns null if there are too many connections */
  connect(guestPort: number, outer: Outer): TcpFlow | null {
    if (this.#flows.size >= MAX_FLOWS || this.#closed) return null;
    for (let i = 0; i < 65536 - FIRST_PORT; i++) {
      const port = this.#port;
      this.#port = port === 65535 ? FIRST_PORT : port + 1;
      if (this.#flows.has(keyOf(GATEWAY_ADDRESS, port, guestPort))) continue;
      const flow = this.#newFlow(GATEWAY_ADDRESS, port, guestPort, outer);
      flow.stray = (seq) => this.#reset(GATEWAY_ADDRESS, port, guestPort, seq, 0, RST);
      flow.connect();
      return flow;
    }
    return null;
  }

  #newFlow(address: number, port: number, guestPort: number, outer: Outer): TcpFlow {
    // Ahead of whatever the same ports had before.
    this.#iss = (this.#iss + 0x10000 + (Math.floor(this.now()) & 0xffff)) >>> 0;
    const flow = new TcpFlow(this, address, port, guestPort, this.#iss, outer);
    this.#flows.set(keyOf(address, port, guestPort), flow);
    return flow;
  }

  /** A datagram for a port of the guest, from somebody outside whose name is `client`. */
  datagram(guestPort: number, client: string, bytes: Uint8Array, reply: UdpReply): void {
    if (this.#closed) return;
    const port = this.#udp.portFor(client, guestPort, reply);
    this.#sendUdp(GATEWAY_ADDRESS, port, guestPort, bytes);
  }

  #sendUdp(from: number, port: number, guestPort: number, bytes: Uint8Array): void {
    const n = UDP + bytes.length;
    if (n > 65535 - IP) return;
    const datagram = new Uint8Array(n);
    set16(datagram, 0, port);
    set16(datagram, 2, guestPort);
    set16(datagram, 4, n);
    datagram.set(bytes, UDP);
    set16(datagram, 6, transportSum(datagram, 0, n, UDP_PROTOCOL, from, GUEST_ADDRESS) || 0xffff);
    this.#sendIp(from, UDP_PROTOCOL, datagram);
  }

  /** Sends a packet to the guest, in pieces if it is large. All or nothing. */
  #sendIp(from: number, protocol: number, payload: Uint8Array): void {
    const room = MTU - IP;
    const piece = room & ~7;
    const pieces = payload.length <= room ? 1 : Math.ceil(payload.length / piece);
    if (this.#waiting.length + pieces > MAX_WAITING) return;
    const id = this.nextId();
    for (let i = 0, at = 0; i < pieces; i++, at += piece) {
      const part = pieces === 1 ? payload : payload.subarray(at, at + piece);
      const frame = new Uint8Array(ETH + IP + part.length);
      setEthernet(frame, GUEST_MAC, GATEWAY_MAC, ETH_P_IP);
      const more = i + 1 < pieces ? 0x2000 : 0;
      setIp(frame, IP + part.length, protocol, from, GUEST_ADDRESS, id, pieces === 1 ? 0x4000 : more | (at >> 3));
      frame.set(part, ETH + IP);
      this.#waiting.push(frame);
    }
    this.#announce();
  }

  /** Connections whose bytes from the guest have not all gone out, or whose end the guest has told and not yet been answered. */
  get unfinished(): number {
    let n = 0;
    for (const flow of this.#flows.values()) if (flow.waiting > 0) n++;
    return n;
  }
  get connections(): number {
    return this.#flows.size;
  }

  /** The machine has ended: connections that it did not end itself break. */
  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    for (const flow of [...this.#flows.values()]) if (!flow.guestEnded) flow.outer.reset(false);
    this.#flows.clear();
    this.#ready.length = this.#waiting.length = 0;
  }

  // ---- frames from the guest

  #fromGuest(f: Uint8Array): void {
    if (f.length < ETH || f.length > ETH + MTU) return;
    const protocol = get16(f, 12);
    if (protocol === ETH_P_ARP) this.#arp(f);
    else if (protocol === ETH_P_IP) this.#ip(f);
  }

  /** The gateway and the resolver have hardware addresses, and whoever else is reached through them. */
  #arp(f: Uint8Array): void {
    if (f.length < ETH + 28 || get16(f, ETH) !== 1 || get16(f, ETH + 2) !== ETH_P_IP || get16(f, ETH + 6) !== 1) return;
    const target = get32(f, ETH + 24);
    if (target !== GATEWAY_ADDRESS && target !== DNS_ADDRESS && !this.#stands(target)) return;
    if (this.#waiting.length >= MAX_WAITING) return;
    const answer = new Uint8Array(ETH + 28);
    setEthernet(answer, GUEST_MAC, GATEWAY_MAC, ETH_P_ARP);
    answer.set([0, 1, 8, 0, 6, 4, 0, 2, ...GATEWAY_MAC], ETH);
    set32(answer, ETH + 14, target);
    answer.set(f.subarray(ETH + 8, ETH + 18), ETH + 18);
    this.#waiting.push(answer);
    this.#announce();
  }

  /** Is it an address of the guest's network that stands for a host outside? */
  stands: (address: number) => boolean = () => false;
  #stands(address: number): boolean {
    return (address & NETMASK) >>> 0 === NETWORK && this.stands(address);
  }

  #ip(f: Uint8Array): void {
    if (f.length < ETH + IP || f[ETH]! >> 4 !== 4) return;
    const header = (f[ETH]! & 15) * 4;
    const total = get16(f, ETH + 2);
    if (header < IP || total < header || ETH + total > f.length || plainSum(f, ETH, header) !== 0) return;
    if (get32(f, ETH + 12) !== GUEST_ADDRESS) return;
    const to = get32(f, ETH + 16);
    // Nobody else is on the network.
    if (to >>> 28 >= 14 || to === (NETWORK | ~NETMASK) >>> 0) return;
    const protocol = f[ETH + 9]!;
    if (get16(f, ETH + 6) & 0x3fff) {
      const whole = this.#fragments.add(f, header, total);
      if (whole) this.#packet(whole, ETH + IP, whole.length, protocol, to);
    } else this.#packet(f, ETH + header, ETH + total, protocol, to);
  }

  /** A whole packet: its transport header is at `at`, it ends at `end`. */
  #packet(f: Uint8Array, at: number, end: number, protocol: number, to: number): void {
    if (protocol === TCP_PROTOCOL) this.#tcp(f, at, end, to);
    else if (protocol === UDP_PROTOCOL) this.#datagramFromGuest(f, at, end, to);
    else if (protocol === ICMP_PROTOCOL) this.#icmp(f, at, end, to);
    else this.#unreachable(f, to, to === GATEWAY_ADDRESS ? 2 : NET_PROHIBITED);
  }

  #tcp(f: Uint8Array, at: number, end: number, to: number): void {
    if (end - at < TCP) return;
    const size = (f[at + 12]! >> 4) * 4;
    if (size < TCP || size > end - at) return;
    if (transportSum(f, at, end - at, TCP_PROTOCOL, GUEST_ADDRESS, to) !== 0) return;
    const guestPort = get16(f, at);
    const port = get16(f, at + 2);
    const flow = this.#flows.get(keyOf(to, port, guestPort));
    if (flow) {
      flow.receive(f, at, size, end - at - size);
      return;
    }
    const flags = f[at + 13]!;
    if (flags & RST) return;
    const syn = (flags & (SYN | ACK)) === SYN;
    if (syn && this.outgoing && this.#flows.size < MAX_FLOWS) {
      const fresh = this.#newFlow(to, port, guestPort, nobody);
      const outer = this.outgoing.dial(to, port, fresh);
      if (outer) {
        fresh.outer = outer;
        fresh.asked(f, at, size);
        return;
      }
      this.gone(fresh);
    }
    if (syn && to !== GATEWAY_ADDRESS && to !== DNS_ADDRESS && !this.#stands(to)) {
      this.#unreachable(f, to, NET_PROHIBITED);
      return;
    }
    // Nobody is there, or nobody any more.
    const ack = (get32(f, at + 4) + (end - at - size) + (flags & SYN ? 1 : 0) + (flags & 1)) >>> 0;
    if (flags & ACK) this.#reset(to, port, guestPort, get32(f, at + 8), 0, RST);
    else this.#reset(to, port, guestPort, 0, ack, RST | ACK);
  }

  #reset(from: number, port: number, guestPort: number, seq: number, ack: number, flags: number): void {
    const t = new Uint8Array(TCP);
    set16(t, 0, port);
    set16(t, 2, guestPort);
    set32(t, 4, seq);
    set32(t, 8, ack);
    t[12] = 5 << 4;
    t[13] = flags;
    set16(t, 16, transportSum(t, 0, TCP, TCP_PROTOCOL, from, GUEST_ADDRESS));
    this.#sendIp(from, TCP_PROTOCOL, t);
  }

  #datagramFromGuest(f: Uint8Array, at: number, end: number, to: number): void {
    const length = end - at >= UDP ? get16(f, at + 4) : 0;
    if (length < UDP || length > end - at) return;
    if (get16(f, at + 6) !== 0 && transportSum(f, at, length, UDP_PROTOCOL, GUEST_ADDRESS, to) !== 0) return;
    const guestPort = get16(f, at);
    const port = get16(f, at + 2);
    const bytes = f.slice(at + UDP, at + length);
    if (to === GATEWAY_ADDRESS && this.#udp.answer(port, guestPort, bytes)) return;
    const reply = (answer: Uint8Array): void => this.#sendUdp(to, port, guestPort, answer);
    if (this.outgoing?.datagram(to, port, guestPort, bytes, reply)) return;
    const near = to === GATEWAY_ADDRESS || to === DNS_ADDRESS || this.#stands(to);
    this.#unreachable(f, to, near ? PORT_UNREACH : NET_PROHIBITED);
  }

  /** The gateway answers to ping. */
  #icmp(f: Uint8Array, at: number, end: number, to: number): void {
    if (end - at < 8 || f[at] !== 8 || plainSum(f, at, end - at) !== 0) return;
    if (to !== GATEWAY_ADDRESS && to !== DNS_ADDRESS) {
      this.#unreachable(f, to, NET_PROHIBITED);
      return;
    }
    const answer = f.slice(at, end);
    answer[0] = 0;
    set16(answer, 2, 0);
    set16(answer, 2, plainSum(answer, 0, answer.length));
    this.#sendIp(to, ICMP_PROTOCOL, answer);
  }

  /** Tells the guest that a packet goes nowhere. */
  #unreachable(f: Uint8Array, _to: number, code: number): void {
    const quote = Math.min(f.length - ETH, 548);
    const m = new Uint8Array(8 + quote);
    m[0] = ICMP_UNREACH;
    m[1] = code;
    m.set(f.subarray(ETH, ETH + quote), 8);
    set16(m, 2, plainSum(m, 0, m.length));
    this.#sendIp(GATEWAY_ADDRESS, ICMP_PROTOCOL, m);
  }
}

const keyOf = (address: number, port: number, guestPort: number): string => `${address}.${port}.${guestPort}`;

/** The outer end of a connection that has none yet. */
const nobody: Outer = { opened() {}, write() {}, end() {}, reset() {}, queued: 0, pause() {}, resume() {} };
