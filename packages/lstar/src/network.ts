import { Gateway } from "@lstar/host/net/gateway.ts";
import { ConnectionError, StreamOuter } from "@lstar/host/net/streamOuter.ts";
import type { Kernel } from "@lstar/kernel";
import { tcpOwed } from "@lstar/kernel/net/ipv4/tcpRemote.ts";
import type { GuestConnection, PublishedPort } from "./api.ts";

/** How long (ms) a machine whose program has ended waits for clients that take nothing of what it still owes them. */
const PATIENCE = 3000;
/** ms between attempts to connect to a server that is not there yet. */
const AGAIN = 10;

/** Ports of the host that lead through a gateway (Publisher in Node). */
export interface Ports {
  readonly ports: readonly PublishedPort[];
  /** Connections with bytes that have not left yet. */
  readonly unfinished: number;
  stopListening(): void;
  close(): void;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The network that a guest is granted: a gateway, and what leads through it. */
export class Network {
  readonly gateway: Gateway;
  readonly publisher: Ports | null;
  /** The guest may look names up: its resolver is at 10.0.2.3. */
  readonly resolves: boolean;
  #ended = false;

  private constructor(gateway: Gateway, publisher: Ports | null, resolves: boolean) {
    this.gateway = gateway;
    this.publisher = publisher;
    this.resolves = resolves;
  }

  /**
   * @param publish takes ports of the host, if there are any to take
   * @param allow lets the guest out, where it may go; what either throws is thrown
   */
  static async open(
    publish: (gateway: Gateway) => Promise<Ports> | null,
    allow: (gateway: Gateway) => { resolves: boolean } | null,
  ): Promise<Network> {
    const gateway = new Gateway();
    const resolves = allow(gateway)?.resolves ?? false;
    return new Network(gateway, await publish(gateway), resolves);
  }

  /** Files that the guest needs for it. */
  get files(): { path: string; bytes: Uint8Array; mode: number }[] {
    return this.resolves ? [{ path: "/etc/resolv.conf", bytes: new TextEncoder().encode("nameserver 10.0.2.3\n"), mode: 0o644 }] : [];
  }

  /** Connects to a port of the guest; a refused connection is tried again for some ms. @throws ConnectionError */
  async connect(k: Kernel, port: number, timeout: number): Promise<GuestConnection> {
    if (!Number.isInteger(port) || port < 1 || port > 65535) throw new RangeError(`${port} is no port: 1 to 65535`);
    for (const end = performance.now() + timeout; ; ) {
      if (this.#ended || k.exited) throw new Error("the machine has ended");
      const outer = new StreamOuter();
      outer.inner = this.gateway.connect(port, outer);
      if (!outer.inner) throw new Error("the machine has too many connections");
      try {
        await outer.accepted;
        return { readable: outer.readable, writable: outer.writable };
      } catch (e) {
        const again = e instanceof ConnectionError && e.code === "ECONNREFUSED" && performance.now() < end;
        if (!again) throw e;
      }
      await pause(AGAIN);
    }
  }

  /** The program has ended: what it sent before still reaches the clients, then the ports are given back. */
  async finish(k: Kernel): Promise<void> {
    this.#ended = true;
    this.publisher?.stopListening();
    // Straight to the machine: it is no longer recorded or debugged.
    this.gateway.onFrames = () => k.hostEvent("net");
    const left = (): number => tcpOwed(k) * 4096 + this.gateway.unfinished + (this.publisher?.unfinished ?? 0);
    let before = -1;
    let since = performance.now();
    for (let now = left(); now > 0 && performance.now() - since < PATIENCE; now = left()) {
      if (now !== before) since = performance.now();
      before = now;
      this.gateway.flush();
      await pause(1);
    }
    this.close();
  }

  /** Ends all of it at once. */
  close(): void {
    this.#ended = true;
    this.gateway.close();
    this.publisher?.close();
  }
}
