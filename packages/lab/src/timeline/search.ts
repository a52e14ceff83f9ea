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
  [EventKind.TIMER]: "timer",
  [EventKind.OUTPUT]: "output terminal",
  [EventKind.INPUT]: "input terminal",
};

/**
 * Events whose words contain the text: a call's name, a signal, a queue, a path, or a number of a task ("pid 3").
 * Names are looked at once each, so that a million events take some ms.
 */
export function search(store: EventStore, text: string, callName: (nr: number) => string): Int32Array {
  const want = text.trim().toLowerCase();
  if (want === "") return new Int32Array(0);
  const pid = /^pid (\d+)$/.exec(want)?.[1];
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
  const found = new Int32Array(store.count);
  let n = 0;
  for (let i = 0; i < store.count; i++) {
    const kind = store.kind.at(i);
    let is = kinds[kind]! || strings[store.text.at(i)]! || store.pid.at(i) === wantedPid;
    if (!is && kind === EventKind.SYS_ENTER) is = known(calls, store.a.at(i), callName);
    else if (!is && (kind === EventKind.SIGNAL_SEND || kind === EventKind.SIGNAL_DELIVER)) is = known(signals, store.a.at(i), signalName);
    if (is) found[n++] = i;
  }
  return found.slice(0, n);
}
