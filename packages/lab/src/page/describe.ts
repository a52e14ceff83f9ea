import { EventKind } from "../protocol.ts";
import type { EventStore } from "./eventStore.ts";

const signalNames =
  " HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(
    " ",
  );

/** SIGxxx for a number. */
export function signalName(signal: number): string {
  const name = signalNames[signal];
  return name ? `SIG${name}` : `SIGRT${signal}`;
}

/** What a wait status says, for people. */
export function exitText(status: number): string {
  const signal = status & 0x7f;
  return signal === 0 ? `exited with status ${(status >> 8) & 0xff}` : `killed by ${signalName(signal)}`;
}

const numbers = new Intl.NumberFormat("en");

/** A number with its thousands apart. */
export function numberText(n: number): string {
  return numbers.format(n);
}

/** Shows ns in the unit that fits. */
export function timeText(ns: number): string {
  if (ns < 1e3) return `${ns} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(2)} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toFixed(3)} ms`;
  return `${(ns / 1e9).toFixed(3)} s`;
}

const VERDICTS: Readonly<Record<number, string>> = {
  0: "kill the thread",
  3: "trap",
  5: "errno",
  32704: "ask the listener",
  32752: "ask the tracer",
  32764: "log, allow",
  32767: "allow",
  32768: "kill the process",
};

/** A seccomp verdict in words: the action in the upper half, its data in the lower. */
export function verdictText(verdict: number): string {
  const action = VERDICTS[verdict >>> 16] ?? `action 0x${(verdict >>> 16).toString(16)}`;
  const data = verdict & 0xffff;
  return action === "errno" || action === "trap" ? `${action} ${data}` : action;
}

const HOOKS: Readonly<Record<string, string>> = {
  "ptrace entry": "stops for its tracer: enters",
  "ptrace exit": "stops for its tracer: leaves",
};

function hookText(text: string, call: string, b: number): string {
  if (text === "seccomp") return `seccomp looks at ${call}: ${verdictText(b)}`;
  if (text === "ptrace stop") return `stops for its tracer: ${b >> 8 ? `event ${b >> 8}` : signalName(b & 0x7f)}`;
  if (text === "ptrace resume") return b === 0 ? "its tracer lets it go on" : `its tracer lets it go on with ${signalName(b)}`;
  return `${HOOKS[text] ?? text} ${call}`;
}

const URING: Readonly<Record<string, string>> = {
  submit: "takes",
  "submit-sq": "takes, in the kernel’s thread,",
  async: "to a worker:",
  poll: "waits for its file:",
  wake: "wakes",
  link: "joins a chain:",
  defer: "waits behind a drain:",
  fail: "gives up",
  complete: "complete:",
};

/** What happens to a request of io_uring; a is its user_data. */
function uringText(text: string, a: number, b: number): string {
  const [what = "", op = ""] = text.split(" ");
  const known = URING[what];
  if (known) return `io_uring ${known} ${op ? `${op} ` : ""}${a}${what === "complete" ? `, result ${b}` : ""}`;
  if (what === "create") return `io_uring: a ring of ${text.slice(7).replace(" ", " and ")}`;
  if (what === "overflow") return `io_uring: no room for the completion of ${a}, result ${b}`;
  if (what === "wait") return b === 0 ? "io_uring: looks for completions" : `io_uring: waits for ${b} completion${b === 1 ? "" : "s"}`;
  if (what === "register") return `io_uring_register ${op} = ${b}`;
  return what === "work" ? `io_uring: task work, ${b} request${b === 1 ? "" : "s"}` : `io_uring ${text}`;
}

export type CallNames = (nr: number) => string;

/** An event in a few words; the worker's `describe` has the details. */
export function eventText(store: EventStore, i: number, callName: CallNames): string {
  const a = store.a.at(i);
  const b = store.b.at(i);
  const text = store.string(i);
  switch (store.kind.at(i)) {
    case EventKind.SYS_ENTER:
      return `${callName(a)} begins`;
    case EventKind.SYS_EXIT:
      return `${callName(a)} returns ${b}`;
    case EventKind.SWITCH:
      if (a === 0) return text ? `sleeps on ${text}; processor idle` : "processor idle";
      return text ? `sleeps on ${text}; processor to ${a}` : `processor to ${a}`;
    case EventKind.WAKEUP:
      return a === 0 ? "woken by a timer or device" : `woken by ${a}`;
    case EventKind.FORK:
      return b === 1 ? `makes thread ${a}${text ? ` (${text})` : ""}` : `makes process ${a}`;
    case EventKind.EXEC:
      return `executes ${text}`;
    case EventKind.EXIT:
      return exitText(a);
    case EventKind.SIGNAL_SEND:
      return `is sent ${signalName(a)}${b > 0 && b !== store.pid.at(i) ? ` by ${b}` : ""}`;
    case EventKind.SIGNAL_DELIVER:
      return b === 0 ? `${signalName(a)}: default action` : `${signalName(a)}: handler`;
    case EventKind.PAGE_FAULT:
      return `page fault at 0x${a.toString(16)}`;
    case EventKind.EPOLL:
      return `epoll ${text}${a >= 0 ? ` fd ${a}` : ""}`;
    case EventKind.URING:
      return uringText(text, a, b);
    case EventKind.SCAN:
      if (text === "fd") return `looks at fd ${a}: ${b === 0 ? "not ready" : `ready (0x${b.toString(16)})`}`;
      return text === "end" ? `${b} ready` : `${text} scans, ${b} entries`;
    case EventKind.HOOK:
      return hookText(text, a >= 0 ? callName(a) : "", b);
    case EventKind.VSYSCALL:
      return `vDSO page: sequence ${b}${text === "written" ? ", fields written" : b % 2 ? ", odd" : ", even"}`;
    case EventKind.TIMER:
      return text ? `timer: ${text}` : "timer fires";
    case EventKind.OUTPUT:
      return `${a} bytes to the terminal`;
    case EventKind.INPUT:
      return `${a} bytes typed`;
    default:
      return "";
  }
}
