/** Gives an answer to whoever sent the datagram that it answers. */
export type UdpReply = (bytes: Uint8Array) => void;

interface UdpFlow {
  readonly name: string;
  readonly port: number;
  readonly guestPort: number;
  reply: UdpReply;
}

const MAX_FLOWS = 1024;
const FIRST_PORT = 16384;

/** Who outside stands behind which port that the guest sees: answers go back there. Those not heard of for longest are forgotten. */
export class UdpFlows {
  readonly #byName = new Map<string, UdpFlow>();
  readonly #byPort = new Map<number, UdpFlow>();
  #next = FIRST_PORT;

  /** The port by which the guest knows a client of one of its own ports. */
  portFor(client: string, guestPort: number, reply: UdpReply): number {
    const name = `${guestPort} ${client}`;
    let flow = this.#byName.get(name);
    if (flow) {
      flow.reply = reply;
      this.#byName.delete(name);
    } else {
      if (this.#byName.size >= MAX_FLOWS) this.#forget();
      flow = { name, port: this.#freePort(), guestPort, reply };
      this.#byPort.set(flow.port, flow);
    }
    this.#byName.set(name, flow);
    return flow.port;
  }

  #forget(): void {
    for (const [name, flow] of this.#byName) {
      this.#byName.delete(name);
      this.#byPort.delete(flow.port);
      return;
    }
  }

  #freePort(): number {
    do this.#next = this.#next === 65535 ? FIRST_PORT : this.#next + 1;
    while (this.#byPort.has(this.#next));
    return this.#next;
  }

  /** A datagram of the guest to one of these ports. @returns false if nobody is behind it */
  answer(port: number, guestPort: number, bytes: Uint8Array): boolean {
    const flow = this.#byPort.get(port);
    if (!flow || flow.guestPort !== guestPort) return false;
    flow.reply(bytes);
    return true;
  }
}
