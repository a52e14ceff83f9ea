import { Gateway } from "@lstar/host/net/gateway.ts";
import { addressText, Publisher, type PublishSpec } from "@lstar/host/node/publish.ts";
import type { Kernel } from "@lstar/kernel";
import { tcpOwed } from "@lstar/kernel/net/ipv4/tcpRemote.ts";

/** How long (ms) a machine whose program has ended waits for clients that take nothing of what it still owes them. */
const PATIENCE = 3000;

/** The network that a guest is granted: a gateway, and ports of the host that lead through it. */
export class Network {
  readonly gateway: Gateway;
  readonly publisher: Publisher;

  private constructor(gateway: Gateway, publisher: Publisher) {
    this.gateway = gateway;
    this.publisher = publisher;
  }

  /** Null if nothing is granted. @throws PublishError */
  static async open(publish: readonly PublishSpec[]): Promise<Network | null> {
    if (publish.length === 0) return null;
    const gateway = new Gateway();
    const publisher = await Publisher.open(gateway, publish);
    publish.forEach((asked, i) => {
      const { ip, hostPort, guestPort, protocol } = publisher.ports[i]!;
      if (asked.hostPort === 0)
        process.stderr.write(
          `lstar: ${addressText(ip, hostPort)} leads to the guest's port ${guestPort}${protocol === "udp" ? "/udp" : ""}\n`,
        );
    });
    return new Network(gateway, publisher);
  }

  /** The program has ended: what it sent before still reaches the clients, then the ports are given back. */
  async finish(k: Kernel): Promise<void> {
    this.publisher.stopListening();
    // Straight to the machine: it is no longer recorded or debugged.
    this.gateway.onFrames = () => k.hostEvent("net");
    const left = (): number => tcpOwed(k) * 4096 + this.gateway.unfinished + this.publisher.unfinished;
    let before = -1;
    let since = performance.now();
    for (let now = left(); now > 0 && performance.now() - since < PATIENCE; now = left()) {
      if (now !== before) since = performance.now();
      before = now;
      this.gateway.flush();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    this.gateway.close();
    this.publisher.close();
  }
}
