import { signalName } from "../page/describe.ts";
import type { EventStore } from "../page/eventStore.ts";
import { EventKind } from "../protocol.ts";

const kindWords: Readonly<Record<number, string>> = {
  [EventKind.SYS_ENTER]: "system call",
  [EventKind.SWITCH]: "switch",
  [EventKind.WAKEUP]: "wake-up woken",
  [EventKind.FORK]: "fork clone",
  [EventKind.EXEC]: "exec",
  [EventKind.EXIT]: "exit",
  [EventKind.SIGNAL_SEND]: "signal",
  [EventKind.SIGNAL_DELIVER]: "signal",
  [EventKind.PAGE_FAULT]: "page fault",
  [EventKind.EPOLL]: "epoll",
  [EventKind.SCAN]: "select poll scan",
  [EventKind.VSYSCALL]: "vdso update",
  [EventKind.HOOK]: "hook seccomp",
  [EventKind.URING]: "io_uring ring",
  [EventKind.TIMER]: "timer",
  [EventKind.OUTPUT]: "output terminal",
  [EventKind.INPUT]: "input terminal",
};

const NONE = new Int32Array(0);

/** The words of a query: "pid 3" is one, and so is what stands in quotes. */
export function terms(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replace(/\bpid[ :]+(\d+)/g, "pid:$1")
      .match(/-?"[^"]*"|\S+/g) ?? []
  )
    .map((t) => t.replaceAll('"', ""))
    .filter((t) => t !== "" && t !== "-");
}

/**
 * Events that have all the words: a call's name, a signal, a queue, a path, or a task ("pid 3"); a word with a minus
 * before it must be absent. Names are looked at once each, so that a million events take some ms.
 */
export function search(store: EventStore, text: string, callName: (nr: number) => string): Int32Array {
  const words = terms(text);
  if (words.length === 0) return NONE;
  let found: Int32Array | null = null;
  for (const word of words) {
    const not = word.length > 1 && word.startsWith("-");
    found = one(store, not ? word.slice(1) : word, not, found, callName);
  }
  return found!;
}

/** Of the events `among` (null: all) those with the word, or those without it. */
function one(store: EventStore, want: string, not: boolean, among: Int32Array | null, callName: (nr: number) => string): Int32Array {
  const pid = /^pid:(\d+)$/.exec(want)?.[1];
  const wantedPid = pid ? Number(pid) : -1;
  const strings = store.strings.map((s) => s.toLowerCase().includes(want));
  const kinds = Array.from({ length: 256 }, (_, k) => (kindWords[k] ?? "").includes(want));
  const calls = new Map<number, boolean>();
  const signals = new Map<number, boolean>();
  const known = (map: Map<number, boolean>, key: number, name: (n: number) => string): boolean => {
    let is = map.get(key);
    if (is === undefined) map.set(key, (is = name(key).toLowerCase().includes(want)));
    return is;
  };
  const count = among ? among.length : store.count;
  const found = new Int32Array(count);
  let n = 0;
  for (let j = 0; j < count; j++) {
    const i = among ? among[j]! : j;
    const kind = store.kind.at(i);
    let is = kinds[kind]! || strings[store.text.at(i)]! || store.pid.at(i) === wantedPid;
    if (!is && kind === EventKind.SYS_ENTER) is = known(calls, store.a.at(i), callName);
    else if (!is && (kind === EventKind.SIGNAL_SEND || kind === EventKind.SIGNAL_DELIVER)) is = known(signals, store.a.at(i), signalName);
    if (is !== not) found[n++] = i;
  }
  return found.slice(0, n);
}
