import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { createServer, isIP, isIPv6, type Server, type Socket } from "node:net";
import type { Gateway } from "../net/gateway.ts";
import { SocketOuter } from "./socketOuter.ts";

/** A port of the host that leads to one of the guest. */
export interface PublishSpec {
  /** Address of the host that it is bound to. */
  ip: string;
  /** 0: one that is free. */
  hostPort: number;
  guestPort: number;
  protocol: "tcp" | "udp";
}

/** Digits of a port from `least` on, or null. */
function portNumber(text: string, least: number): number | null {
  const n = Number(text);
  return /^\d{1,5}$/.test(text) && n >= least && n <= 65535 ? n : null;
}

/** A port of the host that leads into the guest: [IP:]HOSTPORT:GUESTPORT[/tcp|/udp]. An error says what is wrong. */
export function parsePublish(text: string): PublishSpec | string {
  const m = /^(?:(.*):)?([^:[\]]*):([^:[\]]*?)(?:\/(tcp|udp))?$/.exec(text);
  if (!m) return "expected [IP:]HOSTPORT:GUESTPORT, with /udp for datagrams, such as 8080:80 or [::1]:8080:80.";
  const hostPort = portNumber(m[2]!, 0);
  const guestPort = portNumber(m[3]!, 1);
  if (hostPort === null) return `${JSON.stringify(m[2])} is no port of the host: 1 to 65535, or 0 for one that is free.`;
  if (guestPort === null) return `${JSON.stringify(m[3])} is no port of the guest: 1 to 65535.`;
  let ip = m[1] ?? "127.0.0.1";
  const bracketed = /^\[(.*)\]$/.exec(ip);
  if (bracketed) ip = bracketed[1]!;
  const family = isIP(ip);
  if (family === 0 || (family === 6) !== (bracketed !== null))
    return family === 6 ? "an IPv6 address goes in brackets: [::1]:8080:80." : `${JSON.stringify(ip)} is no address of the host.`;
  return { ip, hostPort, guestPort, protocol: m[4] === "udp" ? "udp" : "tcp" };
}

/** Datagrams for one port that may wait for being sent (bytes). */
const MAX_QUEUED = 4 * 2 ** 20;

const REASONS: Record<string, string> = {
  EADDRINUSE: "the port is in use",
  EACCES: "permission denied",
  EADDRNOTAVAIL: "this host has no such address",
  EAFNOSUPPORT: "this host has no such address family",
  EINVAL: "no address to bind to",
  ENOTFOUND: "no such address",
};

export const addressText = (ip: string, port: number): string => (isIPv6(ip) ? `[${ip}]:${port}` : `${ip}:${port}`);

/** Why a port cannot be published. */
export class PublishError extends Error {}

/** Ports of the host that lead into a guest. */
export class Publisher {
  /** What was asked for, with the ports that were taken for 0. */
  readonly ports: PublishSpec[] = [];
  readonly #gateway: Gateway;
  readonly #servers: Server[] = [];
  readonly #datagrams: DatagramSocket[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Takes all the ports. @throws PublishError, with none taken, if one cannot be had */
  static async open(gateway: Gateway, specs: readonly PublishSpec[]): Promise<Publisher> {
    const publisher = new Publisher(gateway);
    for (const spec of specs)
      try {
        const port = await (spec.protocol === "tcp" ? publisher.#tcp(spec) : publisher.#udp(spec));
        publisher.ports.push({ ...spec, hostPort: port });
      } catch (e) {
        publisher.close();
        const { code, message } = e as NodeJS.ErrnoException;
        throw new PublishError(`cannot publish ${addressText(spec.ip, spec.hostPort)}: ${REASONS[code ?? ""] ?? message}`);
      }
    return publisher;
  }

  #tcp(spec: PublishSpec): Promise<number> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      const outer = new SocketOuter(socket);
      outer.inner = this.#gateway.connect(spec.guestPort, outer);
      if (!outer.inner) socket.resetAndDestroy();
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: spec.ip, port: spec.hostPort, ipv6Only: true, backlog: 1024 }, () => {
        server.off("error", reject);
        // A client that is gone before it is accepted, descriptors that are used up: the others go on.
        server.on("error", () => {});
        const at = server.address();
        resolve(at !== null && typeof at === "object" ? at.port : spec.hostPort);
      });
    });
  }

  #udp(spec: PublishSpec): Promise<number> {
    const socket = createSocket({ type: isIPv6(spec.ip) ? "udp6" : "udp4", ipv6Only: isIPv6(spec.ip) });
    const number = this.#datagrams.push(socket);
    socket.on("message", (bytes, from) => {
      this.#gateway.datagram(spec.guestPort, `${number} ${from.port} ${from.address}`, bytes, (answer) => {
        if (socket.getSendQueueSize() > MAX_QUEUED) return;
        socket.send(answer, from.port, from.address, () => {});
      });
    });
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.bind({ address: spec.ip, port: spec.hostPort, exclusive: true }, () => {
        socket.off("error", reject);
        socket.on("error", () => {});
        resolve(socket.address().port);
      });
    });
  }

  /** Connections with bytes that have not left yet. */
  get unfinished(): number {
    let n = 0;
    for (const s of this.#sockets) if (s.writableLength > 0) n++;
    return n;
  }

  /** No more clients. What is open stays so until it ends or `close`. */
  stopListening(): void {
    for (const s of this.#servers) s.close();
  }

  close(): void {
    this.stopListening();
    for (const s of this.#datagrams)
      try {
        s.close();
      } catch {
        // It was never bound.
      }
    this.#datagrams.length = 0;
    for (const s of this.#sockets) if (!s.writableEnded) s.resetAndDestroy();
  }
}
