import { batch, computed, signal } from "@preact/signals";
import type { CompileAnswer, Diagnostic } from "../compile/messages.ts";
import type { Answers, ArrivalView, Message, Moment, Progress, StateView, StepKind, SyscallRow } from "../protocol.ts";
import type { Ask, Workbench } from "../rooms/room.ts";
import { Client } from "./client.ts";
import { compile, stopCompiler } from "./compiler.ts";
import { exitText } from "./describe.ts";
import { EventStore } from "./eventStore.ts";
import { afterFrame } from "./frame.ts";
import { OutputStore } from "./outputStore.ts";
import { compilerThere, fetchProgram, fetchPrograms, type Program, type ProgramList } from "./programs.ts";
import { opened, recording } from "./recording.ts";
import { stepInStore } from "./steps.ts";
import { useSymbols } from "./symbols.ts";

/** What the page shows and does. All panes read these signals; the moment is the one cursor. */

export const list = signal<ProgramList>({ compiler: null, programs: [], headers: {} });
export const hasCompiler = signal<boolean | null>(null);
export const programName = signal("hello");
export const source = signal("");
export const args = signal("");
export const stdin = signal<string | null>(null);
export const seed = signal(1);
export const roomId = signal("syscalls");
export const diagnostics = signal<readonly Diagnostic[]>([]);

const noProgress: Progress = { status: "empty", frontier: 0, time: 0, events: 0, tasks: 0, exitStatus: -1, note: "" };
export const progress = signal<Progress>(noProgress);
/** What the page itself is busy with, or went wrong. */
export const notice = signal<{ readonly kind: "info" | "error"; readonly text: string } | null>(null);
export const compiling = signal(false);

/** What came from outside in this run; a link holds it. */
export const arrivals = signal<readonly ArrivalView[]>([]);
/** What the next load plays again. */
let planned: readonly ArrivalView[] = [];

export const moment = signal<Moment>({ position: 0, event: -1 });
/** The cursor goes with the end of the run. */
export const following = signal(true);
export const state = signal<StateView | null>(null);
/** The state shown is not (yet) that of the cursor's moment. */
export const stale = signal(false);
export const taskPid = signal(0);
export const table = signal<readonly SyscallRow[]>([]);

/** All events of this run; `storeVersion` changes when some were added. */
export let store = new EventStore();
export const storeVersion = signal(0);

export let output = new OutputStore();
export const outputVersion = signal(0);

export const current = computed<Program | undefined>(() => list.value.programs.find((p) => p.name === programName.value));
export const edited = computed(() => current.value !== undefined && source.value !== current.value.source);
export const running = computed(() => progress.value.status === "running");
export const loaded = computed(() => !["empty", "loading"].includes(progress.value.status));

let client: Client | null = null;
/** What the loaded run was made of; with something else Run must load again. */
let loadedFrom: readonly unknown[] = [];
/** Grows with every reset, so that what was asked before it is dropped. */
let generation = 0;

/** What moves the cursor, one after the other: a step that is asked for while another is computed starts where that one leads. */
let moves: Promise<void> = Promise.resolve();
let moving = 0;
/** Grows when what still waits in `moves` is no longer wanted. */
let era = 0;

function move(f: () => Promise<void>): Promise<void> {
  const mine = era;
  moving++;
  moves = moves.then(async () => {
    try {
      if (mine === era) await f();
    } finally {
      moving--;
    }
  });
  return moves;
}

/** A step is being computed. A key that repeats waits for it; else the cursor would go on after the key is released. */
export function isMoving(): boolean {
  return moving > 0;
}

function settings(): readonly unknown[] {
  return [programName.value, source.value, args.value, stdin.value, seed.value, recording.value];
}

/** Is the run that is loaded the one that the page describes? */
function upToDate(): boolean {
  return loaded.value && settings().every((s, i) => s === loadedFrom[i]);
}

export const callName = (nr: number): string => table.value[nr]?.name ?? `call ${nr}`;

function say(kind: "info" | "error", text: string): void {
  notice.value = { kind, text };
}

function received(m: Exclude<Message, { type: "answer" | "failed" }>): void {
  switch (m.type) {
    case "events":
      store.add(m.page);
      break;
    case "output":
      output.add(m.positions, m.ends, m.data);
      outputVersion.value++;
      break;
    case "progress":
      comeTo(m.progress);
      // The next batch comes when this one has been drawn.
      afterFrame(() => client?.ask({ type: "seen" }).catch(ignore));
      break;
    case "hello":
      break;
  }
}

/** While the machine computes the panes are told this often (ms); it sends many batches a second. */
const TELL_MS = 120;
let told = 0;
let latest: Progress | null = null;
let tellTimer: ReturnType<typeof setTimeout> | undefined;

function comeTo(p: Progress): void {
  latest = p;
  const going = p.status === "running" && running.peek();
  const wait = going ? told + TELL_MS - performance.now() : 0;
  if (wait <= 0) tell();
  else tellTimer ??= setTimeout(tell, wait);
}

function tell(): void {
  clearTimeout(tellTimer);
  tellTimer = undefined;
  if (!latest) return;
  const p = latest;
  latest = null;
  told = performance.now();
  batch(() => {
    storeVersion.value++;
    onProgress(p);
  });
}

function onProgress(p: Progress): void {
  const before = progress.value.status;
  progress.value = p;
  if (!following.value) return;
  if (p.status === "running") {
    moment.value = { position: p.frontier, event: -1 };
    stale.value = true;
  } else if (before !== p.status || moment.value.position !== p.frontier) toEnd();
}

/** The cursor goes to where the run has come to. */
function toEnd(): void {
  setMoment({ position: progress.value.frontier, event: store.count - 1 });
}

function start(): Client {
  if (client) return client;
  const worker = new Worker(new URL("../machine/worker.ts", import.meta.url), { type: "module", name: "lstar machine" });
  const made = new Client(worker, {
    message: received,
    broken(text) {
      if (client !== made) return;
      dropMachine();
      say("error", `The machine stopped: ${text}. Press Run to start again.`);
    },
  });
  client = made;
  void made.ask({ type: "table" }).then((rows) => {
    const byNumber: SyscallRow[] = [];
    for (const row of rows) byNumber[row.nr] = row;
    table.value = byNumber;
  }, ignore);
  return made;
}

/** Starts the worker early, so that the first Run finds it ready. */
export function warmUp(): void {
  start();
}

function dropMachine(): void {
  generation++;
  era++;
  client?.close();
  client = null;
  loadedFrom = [];
  clearRun();
}

function clearRun(): void {
  latest = null;
  store = new EventStore(programName.value);
  output = new OutputStore();
  arrivals.value = planned;
  batch(() => {
    progress.value = noProgress;
    moment.value = { position: 0, event: -1 };
    state.value = null;
    stale.value = false;
    following.value = true;
    taskPid.value = 0;
    storeVersion.value++;
    outputVersion.value++;
  });
}

/** Throws the machine away, whatever it is doing. */
export function reset(): void {
  dropMachine();
  stopCompiler();
  compiling.value = false;
  say("info", "Reset. The program starts from its beginning with Run.");
  warmUp();
}

function ignore(): void {}

/** Splits the argument box as a shell does, with quotes. */
export function splitArgs(text: string): string[] {
  const out: string[] = [];
  for (const m of text.matchAll(/(?:"([^"]*)"|'([^']*)'|[^\s"']+)+/g)) out.push(m[0].replace(/"([^"]*)"|'([^']*)'/g, (_, d, s) => d ?? s));
  return out;
}

async function programBytes(): Promise<Uint8Array | null> {
  diagnostics.value = [];
  const p = current.value;
  if (p && !edited.value) {
    if (p.built) return fetchProgram(p.name);
    if (!hasCompiler.value) {
      say("error", "This page was built on a machine without a C compiler, so it has no programs to run.");
      return null;
    }
  }
  if (!hasCompiler.value) {
    say(
      "error",
      "The compiler image is not part of this page, so edited programs cannot be compiled. Undo the changes to run the original.",
    );
    return null;
  }
  compiling.value = true;
  say("info", "Compiling: tcc runs as a guest…");
  let answer: CompileAnswer;
  try {
    answer = await compile(source.value, list.value.headers);
  } finally {
    compiling.value = false;
  }
  diagnostics.value = answer.diagnostics;
  if (answer.ok) return answer.program;
  const first = answer.diagnostics.find((d) => d.severity === "error");
  say("error", first ? `Compile error${first.line > 0 ? ` in line ${first.line}` : ""}: ${first.text}` : answer.output);
  return null;
}

/** Makes the loaded run the one that the page describes. False if that failed (the page says why). */
async function ensureLoaded(fresh: boolean, again: readonly ArrivalView[] = []): Promise<boolean> {
  if (!fresh && upToDate()) return true;
  const from = settings();
  if (running.value) dropMachine();
  planned = again;
  const mine = ++generation;
  try {
    const program = recording.value ? null : await programBytes();
    if ((!program && !recording.value) || mine !== generation) return false;
    clearRun();
    notice.value = null;
    const p = program ? await loadProgram(program) : await loadRecording();
    if (mine !== generation) return false;
    loadedFrom = from;
    progress.value = p;
    return true;
  } catch (e) {
    if (mine === generation) say("error", message(e));
    return false;
  }
}

function loadProgram(program: Uint8Array): Promise<Progress> {
  useSymbols(program);
  return start().ask({
    type: "load",
    settings: {
      name: programName.value,
      program,
      argv: [programName.value, ...splitArgs(args.value)],
      stdin: stdin.value,
      env: ["PATH=/bin", "HOME=/", "TERM=xterm-256color"],
      seed: seed.value,
      arrivals: planned,
      source: source.value,
    },
  });
}

async function loadRecording(): Promise<Progress> {
  const { progress: p, ...rest } = await start().ask({ type: "open", file: recording.value?.bytes ?? new Uint8Array(0) });
  opened.value = rest;
  useSymbols(rest.program);
  return p;
}

/** A file of lstar record takes the place of the program; null: the program is there again. */
export async function openRecording(file: File | null): Promise<void> {
  if (client && (running.value || progress.value.status === "waiting")) dropMachine();
  era++;
  const before = { recording: recording.value, opened: opened.value };
  let bytes = new Uint8Array(0);
  try {
    if (file) bytes = new Uint8Array(await file.arrayBuffer());
  } catch (e) {
    say("error", `${file?.name} cannot be read: ${message(e)}`);
    return;
  }
  const mine = file && { name: file.name, bytes };
  recording.value = mine;
  opened.value = null;
  clearRun();
  loadedFrom = [];
  notice.value = null;
  if (!mine || (await ensureLoaded(true)) || notice.peek()?.kind !== "error" || recording.peek() !== mine) return;
  // The page has said why. What was there before is there again.
  recording.value = before.recording;
  opened.value = before.opened;
}

function message(e: unknown): string {
  return e instanceof Error ? e.message : String(e);
}

/** Run: on from where the computed run ends; an ended run begins again. */
export async function run(): Promise<void> {
  if (compiling.value) return;
  era++;
  if (!(await ensureLoaded(progress.value.status === "ended"))) return;
  following.value = true;
  const mine = generation;
  try {
    comeTo(await start().ask({ type: "run", until: Number.POSITIVE_INFINITY }));
  } catch (e) {
    if (mine === generation) say("error", message(e));
  }
}

export async function pause(): Promise<void> {
  try {
    comeTo(await start().ask({ type: "pause" }));
  } catch (e) {
    say("error", message(e));
  }
}

/** One step on or back from the cursor. */
export function step(kind: StepKind, direction: 1 | -1): Promise<void> {
  if (moving === 0 && !running.value && upToDate()) {
    const near = stepInStore(store, kind, direction, moment.value, taskPid.value);
    if (near) {
      following.value = false;
      return setMoment(near);
    }
  }
  return move(async () => {
    if (running.value) await pause();
    if (!(await ensureLoaded(false))) return;
    following.value = false;
    const mine = generation;
    try {
      const to = await start().ask({ type: "step", kind, direction, from: moment.value, pid: kind === "event" ? 0 : taskPid.value });
      if (mine === generation) void setMoment(to);
    } catch (e) {
      if (mine === generation) say("error", message(e));
    }
  });
}

/** Puts the cursor at a moment that a person chose. It is computed first if the run has not come there. Resolves when its state is there. */
export async function seek(to: Moment, again: readonly ArrivalView[] = []): Promise<void> {
  era++;
  let there = false;
  await move(async () => {
    there = await computeTo(to, again);
    // Without waiting for the state: the next step needs the moment only.
    if (there) void setMoment(to);
  });
  if (there) await shown();
}

/** Computes the run up to a moment. False if that failed, and the page says why. */
async function computeTo(to: Moment, again: readonly ArrivalView[]): Promise<boolean> {
  if (!(await ensureLoaded(false, again))) return false;
  following.value = false;
  const mine = generation;
  if (to.position <= progress.value.frontier && to.event < progress.value.events) return true;
  try {
    await start().ask({ type: "seek", moment: to });
    return mine === generation;
  } catch (e) {
    if (mine === generation) say("error", message(e));
    following.value = true;
    toEnd();
    return false;
  }
}

let wanted: Moment | null = null;
let asked: Promise<void> | null = null;

/** Moves the cursor; the state of the latest moment is fetched, those passed over meanwhile are not. Resolves when it is there. */
function setMoment(to: Moment): Promise<void> {
  moment.value = to;
  stale.value = true;
  wanted = to;
  asked ??= fetchStates();
  return asked;
}

/** When the state of the cursor's moment is there. */
function shown(): Promise<void> {
  return asked ?? Promise.resolve();
}

async function fetchStates(): Promise<void> {
  try {
    while (wanted && client) {
      const next: Moment = wanted;
      wanted = null;
      const mine = generation;
      const view = await client.ask({ type: "state", moment: next });
      if (mine === generation && !wanted) showState(view);
    }
  } catch (e) {
    if (client) say("error", message(e));
  } finally {
    asked = null;
  }
}

function showState(view: StateView): void {
  batch(() => {
    state.value = view;
    stale.value = false;
    const alive = view.tasks.some((t) => t.pid === taskPid.value);
    // Nobody runs while a task stands still for its tracer, or all sleep: then it is the event's task.
    const { event } = moment.value;
    const own = event >= 0 && event < store.count ? store.pid.at(event) : 0;
    if (view.current > 0) taskPid.value = view.current;
    else if (view.tasks.some((t) => t.pid === own)) taskPid.value = own;
    else if (!alive) taskPid.value = view.tasks.at(-1)?.pid ?? 0;
  });
}

/** What was typed at the terminal. */
export function typed(text: string): void {
  if (!client || !loaded.value || progress.value.status === "ended") return;
  client.ask({ type: "input", text }).then(comeTo, ignore);
  askArrivals();
}

function askArrivals(): void {
  const mine = generation;
  client?.ask({ type: "arrivals" }).then((list) => {
    if (mine === generation) arrivals.value = list;
  }, ignore);
}

export function resized(columns: number, rows: number): void {
  if (!client || !loaded.value) return;
  client.ask({ type: "resize", columns, rows }).then(ignore, ignore);
  askArrivals();
}

/** Another program: its source, no arguments, nothing run. */
export function choose(name: string): void {
  const p = list.value.programs.find((q) => q.name === name);
  if (!p) return;
  if (client && (running.value || progress.value.status === "waiting")) dropMachine();
  batch(() => {
    recording.value = null;
    programName.value = name;
    source.value = p.source;
    args.value = "";
    stdin.value = null;
    diagnostics.value = [];
    notice.value = null;
  });
  era++;
  clearRun();
  loadedFrom = [];
  warmUp();
}

export async function fetchLists(): Promise<void> {
  try {
    [list.value, hasCompiler.value] = await Promise.all([fetchPrograms(), compilerThere()]);
  } catch (e) {
    hasCompiler.value = false;
    say("error", message(e));
  }
}

/** What happened, in a line that is read out. */
export const statusText = computed(() => {
  if (compiling.value) return "Compiling…";
  const p = progress.value;
  const note = p.note ? ` ${p.note}` : "";
  switch (p.status) {
    case "empty":
      return "Not started.";
    case "loading":
      return "Loading…";
    case "ready":
      return "Ready to run.";
    case "running":
      return `Running.${note}`;
    case "paused":
      return `Paused.${note}`;
    case "waiting":
      return `Waiting for input at the terminal.${note}`;
    case "ended":
      return p.exitStatus >= 0 ? `Program ${exitText(p.exitStatus)}.${note}` : `Ended.${note}`;
  }
});

/** What rooms get. */
export const bench: Workbench = {
  moment,
  state,
  task: taskPid,
  seek,
  selectTask(pid) {
    taskPid.value = pid;
  },
  ask<T extends Ask["type"]>(request: Extract<Ask, { type: T }>): Promise<Answers[T]> {
    return start().ask<T>(request);
  },
  async runProgram(name, argv = [], input = null) {
    choose(name);
    args.value = argv.map((a) => (/[\s"']/.test(a) ? `"${a}"` : a)).join(" ");
    stdin.value = input;
    await run();
  },
};
