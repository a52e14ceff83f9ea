import { createServer, type Server, type Socket } from "node:net";
import type { Reactor, RunEnd } from "@lstar/host";
import { runMachine } from "@lstar/host";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { framePacket, PacketReader, textToHex } from "./packet.ts";
import { Session } from "./session.ts";
import { Target } from "./target.ts";

/** How a debugged run ended. */
export type DebugEnd = RunEnd | { kind: "killed" };

/** Listens on a TCP port of this machine. */
export function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

/** One client's connection: its packets in a queue, and whether it wants the program to stop. */
class Connection {
  interrupted = false;
  closed = false;
  noAck = false;
  readonly #socket: Socket;
  readonly #reader = new PacketReader();
  readonly #packets: string[] = [];
  #wake: (() => void) | null = null;
  #sent = "";

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (d: Uint8Array) => this.#take(d));
    const end = (): void => {
      this.closed = true;
      this.#wake?.();
    };
    socket.on("close", end);
    socket.on("end", end);
    socket.on("error", end);
  }

  #take(bytes: Uint8Array): void {
    for (const r of this.#reader.feed(bytes)) {
      if (r.kind === "interrupt") this.interrupted = true;
      else if (r.kind === "nak") this.#write(this.#sent);
      else if (r.kind === "damaged") this.#write("-");
      else if (r.kind === "packet") {
        if (!this.noAck) this.#write("+");
        this.#packets.push(r.text);
      }
    }
    this.#wake?.();
  }

  #write(text: string): void {
    if (!this.closed && text !== "") this.#socket.write(text, "latin1");
  }

  /** The next packet, null when the client is gone. */
  async next(): Promise<string | null> {
    for (;;) {
      const packet = this.#packets.shift();
      if (packet !== undefined) return packet;
      if (this.closed) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }

  /** Resolves when the client sends something or goes. */
  activity(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#wake;
      this.#wake = () => {
        before?.();
        resolve();
      };
    });
  }

  send(text: string): void {
    this.#sent = framePacket(text);
    this.#write(this.#sent);
  }

  end(): void {
    this.#socket.end();
  }
}

/**
 * Runs a booted kernel under gdb's control: it stands before its first instruction until a client connects.
 * A client that leaves without a word may be followed by another. `goOn` runs the program when a client detaches.
 */
export async function debugMachine(
  k: Kernel,
  reactor: Reactor,
  server: Server,
  target = new Target(k),
  goOn: () => Promise<DebugEnd> = () => runMachine(k, reactor),
): Promise<DebugEnd> {
  target.history.settle();
  const waiting: Socket[] = [];
  let arrived: (() => void) | null = null;
  server.on("connection", (s) => {
    s.on("error", () => {});
    waiting.push(s);
    arrived?.();
  });
  const close = (): void => {
    server.close();
    for (const s of waiting) s.destroy();
  };
  for (;;) {
    while (waiting.length === 0)
      await new Promise<void>((resolve) => {
        arrived = resolve;
      });
    const end = await serve(target, reactor, new Connection(waiting.shift() as Socket));
    if (end === null) continue;
    close();
    if (end !== "detach") return end;
    target.detach();
    return goOn();
  }
}

/** Serves one client. @returns how the run ended, "detach", or null if only the client is gone */
async function serve(target: Target, reactor: Reactor, connection: Connection): Promise<DebugEnd | "detach" | null> {
  const session = new Session(
    target,
    async (idle) => {
      if (idle) {
        const { k } = target;
        const deadline = k.nextDeadline();
        const ms = deadline === Number.POSITIVE_INFINITY ? deadline : Math.max(0, (deadline - k.time.now()) / 1e6);
        const may = await Promise.race([reactor.waitForEvent(ms), connection.activity().then(() => true)]);
        if (!may) return "never";
      } else await reactor.yieldToHost();
      if (connection.interrupted || connection.closed) {
        connection.interrupted = false;
        return "interrupt";
      }
      return "go";
    },
    (said) => connection.send(`O${textToHex(said)}`),
  );
  for (;;) {
    const text = await connection.next();
    if (text === null) {
      target.clear();
      return target.k.exited ? { kind: "exited", status: target.k.exitStatus } : null;
    }
    connection.interrupted = false;
    const reply = await session.answer(text);
    if (reply !== null) connection.send(reply);
    connection.noAck = session.noAck;
    if (session.after === "") continue;
    target.clear();
    connection.end();
    return session.after === "kill" ? { kind: "killed" } : "detach";
  }
}
