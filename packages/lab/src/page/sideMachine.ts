import { computed, signal } from "@preact/signals";
import type { Message, Moment, Progress, StateView } from "../protocol.ts";
import type { Ask } from "../rooms/room.ts";
import { Client } from "./client.ts";
import { EventStore } from "./eventStore.ts";
import { fetchProgram } from "./programs.ts";

/** How long a command may compute, in instructions, before the machine is given up. */
const LIMIT = 20_000_000;
/** As the workbench has it, so that the same program runs in the same way there. */
const ENV = ["PATH=/bin", "HOME=/", "TERM=xterm-256color"];

/** What a side machine talks to: the page's worker, or the session itself in tests. */
export interface Transport {
  ask(request: Ask): Promise<unknown>;
  close(): void;
}

/** Where the run stood after a command. */
export interface Mark {
  readonly command: string;
  readonly position: number;
}

/** A second machine beside the workbench's, for a program that stands next to another. It takes lines as commands. */
export class SideMachine {
  readonly name: string;
  readonly progress = signal<Progress | null>(null);
  readonly marks = signal<readonly Mark[]>([]);
  readonly #chunks = signal<readonly { readonly position: number; readonly data: string }[]>([]);
  /** Everything written so far. */
  readonly output = computed(() =>
    this.#chunks.value
      .map((c) => c.data)
      .join("")
      .replaceAll("\r\n", "\n"),
  );
  readonly ended = computed(() => this.progress.value?.status === "ended");
  /** All that has happened. */
  readonly events = new EventStore();
  readonly #transport: Transport;
  readonly #decoder = new TextDecoder();
  #stopped: ((p: Progress) => void)[] = [];

  constructor(name: string, connect: (received: (m: Message) => void) => Transport) {
    this.name = name;
    this.#transport = connect((m) => this.#received(m));
  }

  #received(m: Message): void {
    if (m.type === "output") {
      const pieces = Array.from(m.positions, (position, i) => ({
        position,
        data: this.#decoder.decode(m.data.subarray(m.ends[i - 1] ?? 0, m.ends[i]), { stream: true }),
      }));
      this.#chunks.value = [...this.#chunks.value, ...pieces];
    } else if (m.type === "events") this.events.add(m.page);
    else if (m.type === "progress") {
      this.#transport.ask({ type: "seen" }).catch(() => {});
      this.#on(m.progress);
    }
  }

  #on(p: Progress): void {
    this.progress.value = p;
    if (p.status === "running" || p.status === "ready" || p.status === "loading") return;
    const told = this.#stopped;
    this.#stopped = [];
    for (const f of told) f(p);
  }

  /** What had been written at a mark; all of it for the last. */
  outputAt(mark: number): string {
    const end = this.marks.value[mark]?.position ?? Number.POSITIVE_INFINITY;
    return this.#chunks.value
      .filter((c) => c.position <= end)
      .map((c) => c.data)
      .join("")
      .replaceAll("\r\n", "\n");
  }

  /** Loads the program and runs it up to its first wait for a command. */
  async start(program: Uint8Array, source: string, args: readonly string[] = []): Promise<void> {
    const settings = { name: this.name, program, argv: [this.name, ...args], stdin: null, env: ENV, seed: 1, arrivals: [], source };
    await this.#transport.ask({ type: "load", settings });
    await this.#transport.ask({ type: "run", until: LIMIT });
    await this.#settled();
    this.#mark("(start)");
  }

  /** Types a line and runs until the program waits for the next. False if the program has ended. */
  async command(line: string): Promise<boolean> {
    if (this.ended.value) return false;
    const from = this.progress.value?.frontier ?? 0;
    this.progress.value = null;
    const p = (await this.#transport.ask({ type: "input", text: `${line}\n` })) as Progress;
    if (p.status !== "running") await this.#transport.ask({ type: "run", until: from + LIMIT });
    await this.#settled();
    this.#mark(line);
    return true;
  }

  /** Any question to the machine. */
  ask(request: Ask): Promise<unknown> {
    return this.#transport.ask(request);
  }

  /** The machine's state in the midst of an event. */
  async stateAt(event: number): Promise<StateView> {
    return (await this.#transport.ask({ type: "state", moment: { position: 0, event } })) as StateView;
  }

  /** The machine's state after a command. */
  async state(mark: number): Promise<StateView | null> {
    const position = this.marks.value[mark]?.position;
    if (position === undefined) return null;
    const moment: Moment = { position, event: -1 };
    return (await this.#transport.ask({ type: "state", moment })) as StateView;
  }

  #mark(command: string): void {
    this.marks.value = [...this.marks.value, { command, position: this.progress.value?.frontier ?? 0 }];
  }

  #settled(): Promise<Progress> {
    const now = this.progress.value;
    if (now && ["waiting", "ended", "paused"].includes(now.status)) return Promise.resolve(now);
    return new Promise((resolve) => {
      this.#stopped.push(resolve);
    });
  }

  close(): void {
    this.#transport.close();
    for (const f of this.#stopped) f(this.progress.value as Progress);
    this.#stopped = [];
  }
}

/** A side machine in a worker of its own, with one of the lab's programs. */
export async function startSide(
  name: string,
  source: string,
  broken: (text: string) => void,
  args: readonly string[] = [],
): Promise<SideMachine> {
  const program = await fetchProgram(name);
  const side = new SideMachine(name, (received) => {
    const worker = new Worker(new URL("../machine/worker.ts", import.meta.url), { type: "module", name: `lstar ${name}` });
    const client = new Client(worker, { message: received, broken });
    return { ask: (request) => client.ask(request), close: () => client.close() };
  });
  await side.start(program, source, args);
  return side;
}
