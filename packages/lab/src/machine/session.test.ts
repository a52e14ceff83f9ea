import { expect, test } from "vitest";
import { type Answers, EventKind, type LoadSettings, type Message, type Request, type StateView } from "../protocol.ts";
import { LabSession } from "./session.ts";
import { labProgram, settings } from "./testPrograms.ts";

/** A request without its number. */
type Bare = Request extends infer R ? (R extends { id: number } ? Omit<R, "id"> : never) : never;

/** A page without a browser. */
class Page {
  readonly messages: Message[] = [];
  readonly session: LabSession;
  #queue: (() => void)[] = [];
  constructor() {
    this.session = new LabSession(
      (m) => this.messages.push(m),
      (f) => this.#queue.push(f),
    );
  }
  ask<T extends Request["type"]>(r: Extract<Bare, { type: T }>): Answers[T] {
    const id = this.messages.length;
    this.session.receive({ ...r, id } as Request);
    const m = this.messages.find((x) => (x.type === "answer" || x.type === "failed") && x.id === id);
    if (m?.type !== "answer") throw new Error(m?.type === "failed" ? m.text : "no answer");
    return m.value as Answers[T];
  }
  /** Lets the machine run until it stops by itself. */
  settle(): void {
    for (let f = this.#queue.shift(); f; f = this.#queue.shift()) {
      f();
      this.session.receive({ type: "seen", id: -1 });
    }
  }
  run(settings: LoadSettings): this {
    this.ask({ type: "load", settings });
    this.ask({ type: "run", until: Number.POSITIVE_INFINITY });
    this.settle();
    return this;
  }
  get progress() {
    const m = this.messages.filter((x) => x.type === "progress").at(-1);
    if (m?.type !== "progress") throw new Error("no progress");
    return m.progress;
  }
  get output(): string {
    return this.messages.map((m) => (m.type === "output" ? new TextDecoder().decode(m.data) : "")).join("");
  }
  /** Events of a kind as [index, pid, a, b, text]. */
  events(kind: number): { index: number; pid: number; a: number; b: number; text: string }[] {
    const strings: string[] = [""];
    const out: { index: number; pid: number; a: number; b: number; text: string }[] = [];
    for (const m of this.messages) {
      if (m.type !== "events") continue;
      strings.push(...m.page.strings);
      for (let i = 0; i < m.page.count; i++) {
        if (m.page.kind[i] !== kind) continue;
        out.push({
          index: m.page.first + i,
          pid: m.page.pid[i] as number,
          a: m.page.a[i] as number,
          b: m.page.b[i] as number,
          text: strings[m.page.text[i] as number] as string,
        });
      }
    }
    return out;
  }
  at(event: number): StateView {
    return this.ask({ type: "state", moment: { position: 0, event } });
  }
}

test("a call is seen at its entry and after its return, as strace prints it", () => {
  const page = new Page().run(labProgram("read_write", { stdin: "hello\n" }));
  expect(page.progress.status).toBe("ended");
  const enter = page.events(EventKind.SYS_ENTER).find((e) => e.a === 0);
  const exit = page.events(EventKind.SYS_EXIT).find((e) => e.a === 0);
  const before = page.at(enter?.index ?? -1);
  const task = before.tasks[0];
  expect(before.kernelFunction).toBe("doSyscall64");
  expect(task?.call?.name).toBe("read");
  expect(task?.call?.result).toBeNull();
  expect(task?.call?.path).toEqual(["doSyscall64", "sysRead", "vfsRead", "stdioRead"]);
  expect(task?.ptRegs?.orig_ax).toBe("0".repeat(16));
  const after = page.at(exit?.index ?? -1).tasks[0]?.call;
  expect(after?.text).toBe('read(0, "hello\\n", 64) = 6');
  expect(after?.copied).toMatchObject({ fromUser: 0, toUser: 6, kernel: 0, dmaIn: 6 });
});

test("epoll: the item stays in the tree while it is on the ready list", () => {
  const page = new Page().run(labProgram("epoll_lt"));
  const ready = page.events(EventKind.EPOLL).find((e) => e.text === "ready");
  const [ep] = page.at(ready?.index ?? -1).epolls;
  expect(ep?.items.length).toBe(1);
  expect(ep?.readyList).toEqual([0]);
  expect(ep?.items[0]?.ready).toBe(true);
});

test("signals: pending while blocked, then a frame whose every field is told", () => {
  const page = new Page().run(labProgram("signals"));
  const sent = page.events(EventKind.SIGNAL_SEND)[0];
  const blocked = page.at((sent?.index ?? 0) + 1).tasks[0]?.signals;
  expect([blocked?.shared, blocked?.blocked, blocked?.flag]).toEqual([[10], [10], false]);
  const delivered = page.events(EventKind.SIGNAL_DELIVER)[0];
  const inside = page.at((delivered?.index ?? 0) + 1);
  const names = inside.tasks[0]?.signals.frame?.map((f) => f.name) ?? [];
  expect(names).toContain("pretcode");
  expect(names).toContain("uc.uc_mcontext.ip");
  expect(names).toContain("red zone of the interrupted function");
});

test("steps by line, call and instruction lead back where they came from", () => {
  const page = new Page().run(labProgram("hello"));
  const enter = page.events(EventKind.SYS_ENTER)[1]?.index ?? -1;
  const from = { position: 0, event: enter };
  const next = page.ask({ type: "step", kind: "syscall", direction: 1, from, pid: 0 });
  expect(page.ask({ type: "step", kind: "syscall", direction: -1, from: next, pid: 0 }).event).toBe(enter);
  const line = page.ask({ type: "step", kind: "line", direction: 1, from: { position: 0, event: -1 }, pid: 0 });
  expect(page.ask({ type: "state", moment: line }).tasks[0]?.line).toBe(4);
  const back = page.ask({ type: "step", kind: "instruction", direction: -1, from: line, pid: 0 });
  expect(back.position).toBe(line.position - 1);
});

test("what was typed comes again at its moment in another run", () => {
  const page = new Page().run(labProgram("read_write"));
  page.ask({ type: "input", text: "good day\r" });
  page.settle();
  const arrivals = page.ask({ type: "arrivals" });
  expect(arrivals.map((a) => a.what)).toEqual([{ type: "input", text: "good day\r" }]);
  const other = new Page().run(labProgram("read_write", { arrivals }));
  expect(other.progress).toEqual(page.progress);
  expect(other.output).toBe(page.output);
});

test("the machine waits for a page that does not draw", () => {
  let turns = 0;
  const queue: (() => void)[] = [];
  const session = new LabSession(
    () => {},
    (f) => queue.push(f),
  );
  session.receive({ type: "load", id: 1, settings: labProgram("endless") });
  session.receive({ type: "run", id: 2, until: Number.POSITIVE_INFINITY });
  for (let f = queue.shift(); f && turns < 20; f = queue.shift(), turns++) f();
  expect(turns).toBe(2);
  session.receive({ type: "seen", id: 3 });
  expect(queue.length).toBe(1);
});

test("output has a limit, and Run goes on after it", () => {
  const source = "#include <unistd.h>\nchar b[65536];\nint main(void) { for (;;) write(1, b, sizeof b); }";
  const page = new Page().run(settings(source));
  expect(page.progress.note).toContain("more than 10 MB of output");
  page.ask({ type: "run", until: Number.POSITIVE_INFINITY });
  page.settle();
  expect(page.progress.note).toContain("more than 20 MB of output");
});

test("a crash is told", () => {
  const page = new Page().run(labProgram("crash"));
  expect(page.progress.exitStatus & 0x7f).toBe(11);
  expect(page.output).toContain("about to write");
});
