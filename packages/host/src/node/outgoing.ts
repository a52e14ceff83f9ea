import { connect, isIPv4, isIPv6 } from "node:net";
import { dnsAnswer } from "../net/dns.ts";
import { v4 } from "../net/frame.ts";
import { DNS_ADDRESS, GATEWAY_ADDRESS, type Gateway, type Outgoing } from "../net/gateway.ts";
import type { Outer } from "../net/outer.ts";
import type { TcpFlow } from "../net/tcpFlow.ts";
import type { UdpReply } from "../net/udpFlows.ts";
import { SocketOuter } from "./socketOuter.ts";

/** A place that the guest may connect to. */
export interface AllowSpec {
  /** A name, or an IPv4 address. */
  host: string;
  port: number;
}

/** Addresses of the guest's network that stand for names. */
const FIRST_NAMED = 64;
const MOST_NAMES = 150;
const DNS_PORT = 53;

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;
const number = (address: string): number => v4(...(address.split(".").map(Number) as [number, number, number, number]));

/** HOST:PORT[,HOST:PORT…] as places. An error says what is wrong. */
export function parseAllow(text: string): AllowSpec[] | string {
  const out: AllowSpec[] = [];
  for (const one of text.split(",")) {
    const m = /^(.*):([^:]*)$/.exec(one);
    if (!m) return `expected HOST:PORT, several with commas between, such as example.org:443 (${JSON.stringify(one)} is none).`;
    const [, host, port] = m as unknown as [string, string, string];
    if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) return `${JSON.stringify(port)} is no port: 1 to 65535.`;
    if (isIPv6(host.replace(/^\[|\]$/g, ""))) return "an IPv6 address cannot be granted, since the guest has IPv4 only: give a name.";
    if (!isIPv4(host) && (!NAME.test(host) || /^[\d.]+$/.test(host)))
      return `${JSON.stringify(host)} is neither a name nor an IPv4 address.`;
    if (isIPv4(host) && host.startsWith("10.0.2."))
      return `${host} is on the guest's own network, where the host's addresses are not seen: give a name.`;
    out.push({ host: host.toLowerCase(), port: Number(port) });
  }
  return out;
}

/**
 * Connections of the guest to places outside that were granted, one by one. A name has an address of the guest's network, which the
 * resolver at 10.0.2.3 tells; the host looks the name up itself when it connects. The host's own ports are the gateway's.
 */
export class NodeOutgoing implements Outgoing {
  /** The place behind an address and port that the guest sees. */
  readonly #places = new Map<string, AllowSpec>();
  readonly #names = new Map<string, number>();

  /** @throws an Error if there are too many names */
  constructor(gateway: Gateway, specs: readonly AllowSpec[]) {
    for (const spec of specs) this.#places.set(`${this.#addressOf(spec.host)}:${spec.port}`, spec);
    const named = new Set(this.#names.values());
    gateway.stands = (address) => named.has(address);
    gateway.outgoing = this;
  }

  /** Is there a name that a resolver has to know? */
  get resolves(): boolean {
    return this.#names.size > 0;
  }

  #addressOf(host: string): number {
    if (host === "localhost" || host.startsWith("127.")) return GATEWAY_ADDRESS;
    if (isIPv4(host)) return number(host);
    let address = this.#names.get(host);
    if (address === undefined) {
      if (this.#names.size >= MOST_NAMES) throw new Error(`at most ${MOST_NAMES} names can be granted`);
      address = v4(10, 0, 2, FIRST_NAMED + this.#names.size);
      this.#names.set(host, address);
    }
    return address;
  }

  dial(address: number, port: number, inner: TcpFlow): Outer | null {
    const place = this.#places.get(`${address}:${port}`);
    if (!place) return null;
    const socket = connect({ host: place.host, port: place.port, allowHalfOpen: true });
    socket.pause();
    const outer = new SocketOuter(socket);
    outer.inner = inner;
    socket.once("connect", () => inner.accept());
    return outer;
  }

  datagram(address: number, port: number, _from: number, bytes: Uint8Array, reply: UdpReply): boolean {
    if (address !== DNS_ADDRESS || port !== DNS_PORT) return false;
    const answer = dnsAnswer(bytes, (name) => this.#names.get(name) ?? null);
    if (answer) reply(answer);
    return true;
  }
}
