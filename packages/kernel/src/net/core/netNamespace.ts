import { KernelTimer } from "../../kernel/time/timer.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import type { InetSock } from "../ipv4/inetSock.ts";
import type { NetDevice } from "./dev.ts";
import type { Packet } from "./skb.ts";

/** Counters of /proc/net/snmp and netstat, with Linux's names. */
export class SnmpMib {
  readonly counts = new Map<string, number>();
  get(name: string): number {
    return this.counts.get(name) ?? 0;
  }
  add(name: string, n = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + n);
  }
}

/** Sockets of one protocol by local port. */
export class PortTable {
  readonly byPort = new Map<number, InetSock[]>();
  get count(): number {
    let n = 0;
    for (const list of this.byPort.values()) n += list.length;
    return n;
  }
  add(sk: InetSock): void {
    const list = this.byPort.get(sk.num);
    if (list) list.push(sk);
    else this.byPort.set(sk.num, [sk]);
  }
  remove(sk: InetSock): void {
    const list = this.byPort.get(sk.num);
    const i = list ? list.indexOf(sk) : -1;
    if (i < 0) return;
    if (list!.length === 1) this.byPort.delete(sk.num);
    else list!.splice(i, 1);
  }
}

/** Receives what was put off: the kernel's own thread would (ksoftirqd). */
class SoftirqTimer extends KernelTimer {
  expire(k: Kernel): void {
    net(k).bhDisabled++;
    netHooks.localBhEnable(k);
  }
}
/** Set by softnet.ts. */
export const netHooks = { localBhEnable: (_k: Kernel): void => {} };

/** struct net with struct softnet_data: what the network keeps for the machine. */
export class Net {
  /** Received packets that no one has looked at (input_pkt_queue). */
  inputQueue: Packet[] = [];
  /** Packets lost because the queue was full. */
  dropped = 0;
  processed = 0;
  /** How often receiving was put off because there was too much of it, and what goes on with it then. */
  squeezed = 0;
  timer = new SoftirqTimer();
  /** Devices that have to be polled (poll_list). */
  pollList: NetDevice[] = [];
  /** While above 0 received packets wait (local_bh_disable). */
  bhDisabled = 0;
  mib = new SnmpMib();
  udp = new PortTable();
  ping = new PortTable();
  /** Raw sockets, by protocol number. */
  raw = new PortTable();
  raw6 = new PortTable();
  pingRover = 0;
  /** Seeds the choice of ports, sequence numbers and identifications. */
  secret: number;
  udpRover = 0;
  constructor(secret: number) {
    this.secret = secret;
  }
}
stateClass(SnmpMib, PortTable, SoftirqTimer, Net);

/** The machine's network. */
export function net(k: Kernel): Net {
  let n = k.subsystems.get("net") as Net | undefined;
  if (!n) {
    n = new Net(k.rng.u32());
    k.subsystems.set("net", n);
  }
  return n;
}

/** Counts an event. */
export function count(k: Kernel, name: string, n = 1): void {
  net(k).mib.add(name, n);
}
