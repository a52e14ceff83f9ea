/**
 * What tests/epoll/script.c prints, by a model of Linux's rules that is small enough to be read: eventfds,
 * pipes and epolls that watch them. An epoll has one list; a call-back appends to it, a wait takes from it.
 */

/** One line of a script: operation and four numbers. */
export type Op = readonly [string, number, number, number, number];

const IN = 0x1;
const OUT = 0x4;
const ERR = 0x8;
const HUP = 0x10;
const RDNORM = 0x40;
const WRNORM = 0x100;
const ONESHOT = 2 ** 30;
const ET = 2 ** 31;
/** Slot 0's descriptor. */
const BASE = 100;

interface Item {
  ep: Open;
  file: Open;
  slot: number;
  /** Events without the modes. */
  events: number;
  edge: boolean;
  oneshot: boolean;
  data: number;
}

/** An open file: of a pipe there are two that share `pipe`. */
interface Open {
  kind: "epoll" | "event" | "reader" | "writer";
  refs: number;
  /** Registrations in the order in which a wake-up meets them: the newest first. */
  watchers: Item[];
  count: number;
  semaphore: boolean;
  other: Open | null;
  /** Of an epoll: what it watches, and what may be ready. */
  items: Item[];
  ready: Item[];
}

const open = (kind: Open["kind"]): Open => ({
  kind,
  refs: 0,
  watchers: [],
  count: 0,
  semaphore: false,
  other: null,
  items: [],
  ready: [],
});

/** Bytes in a pipe are counted at its reader. */
const alive = (o: Open | null): boolean => o !== null && o.refs > 0;

function present(o: Open): number {
  switch (o.kind) {
    case "event":
      return (o.count > 0 ? IN : 0) | OUT;
    case "reader":
      return (o.count > 0 ? IN | RDNORM : 0) | (alive(o.other) ? 0 : HUP);
    case "writer":
      return OUT | WRNORM | (alive(o.other) ? 0 : ERR);
    default:
      return 0;
  }
}

function wake(o: Open, key: number): void {
  for (const item of o.watchers) if ((item.events & key) !== 0 && !item.ep.ready.includes(item)) item.ep.ready.push(item);
}

const without = <T>(list: T[], gone: T): T[] => list.filter((x) => x !== gone);

function forget(item: Item): void {
  item.ep.items = without(item.ep.items, item);
  item.ep.ready = without(item.ep.ready, item);
  item.file.watchers = without(item.file.watchers, item);
}

/** The lines that a script prints. */
export function model(script: readonly Op[]): string {
  const slots = new Map<number, Open>();
  let out = "";
  const say = (op: string, result: number | string): void => {
    out += `${op} ${result}\n`;
  };
  const drop = (slot: number): boolean => {
    const o = slots.get(slot);
    if (!o) return false;
    slots.delete(slot);
    if (--o.refs > 0) return true;
    for (const item of [...o.watchers, ...o.items]) forget(item);
    if (o.kind === "reader" && alive(o.other)) wake(o.other!, OUT | WRNORM | ERR | HUP);
    if (o.kind === "writer" && alive(o.other)) wake(o.other!, IN | RDNORM | ERR | HUP);
    return true;
  };
  const put = (slot: number, o: Open): void => {
    o.refs++;
    drop(slot);
    slots.set(slot, o);
  };
  const setModes = (item: Item, events: number, data: number): void => {
    item.edge = (events & ET) !== 0;
    item.oneshot = (events & ONESHOT) !== 0;
    item.events = (events & ~(ET | ONESHOT)) | ERR | HUP;
    item.data = data;
    if ((present(item.file) & item.events) !== 0 && !item.ep.ready.includes(item)) item.ep.ready.push(item);
  };
  const ctl = (op: string, a: number, b: number, events: number, data: number): number | string => {
    const ep = slots.get(a);
    const file = slots.get(b);
    if (!ep || !file) return "EBADF";
    if (ep.kind !== "epoll" || ep === file) return "EINVAL";
    let item = ep.items.find((i) => i.file === file && i.slot === b);
    if (op === "add") {
      if (item) return "EEXIST";
      item = { ep, file, slot: b, events: 0, edge: false, oneshot: false, data: 0 };
      ep.items.push(item);
      file.watchers.unshift(item);
    } else if (!item) return "ENOENT";
    if (op === "del") forget(item);
    else setModes(item, events, data);
    return 0;
  };
  const wait = (a: number, max: number): void => {
    const ep = slots.get(a);
    if (!ep || max <= 0 || ep.kind !== "epoll") {
      say("wait", ep ? "EINVAL" : "EBADF");
      return;
    }
    const got: string[] = [];
    const again: Item[] = [];
    const list = ep.ready;
    while (list.length > 0 && got.length < max) {
      const item = list.shift()!;
      const events = present(item.file) & item.events;
      if (events === 0) continue;
      got.push(` ${events.toString(16)}:${item.data}`);
      if (item.oneshot) item.events = 0;
      else if (!item.edge) again.push(item);
    }
    list.push(...again);
    say("wait", got.length);
    if (got.length > 0) out += `${got.join("")}\n`;
  };
  const read = (o: Open, size: number): number | string => {
    if (o.kind === "event") {
      if (size < 8) return "EINVAL";
      if (o.count === 0) return "EAGAIN";
      o.count -= o.semaphore ? 1 : o.count;
      wake(o, OUT);
      return 8;
    }
    if (o.kind === "writer") return "EBADF";
    if (o.kind === "epoll") return "EINVAL";
    if (size === 0) return 0;
    if (o.count === 0) return alive(o.other) ? "EAGAIN" : 0;
    const n = Math.min(size, o.count);
    o.count -= n;
    return n;
  };
  const write = (o: Open, size: number): number | string => {
    if (o.kind === "event") {
      if (size !== 8) return "EINVAL";
      o.count++;
      wake(o, IN);
      return 8;
    }
    if (o.kind === "reader") return "EBADF";
    if (o.kind === "epoll") return "EINVAL";
    if (size === 0) return 0;
    if (alive(o.other)) {
      o.other!.count += size;
      wake(o.other!, IN | RDNORM);
    }
    return alive(o.other) ? size : "EPIPE";
  };
  for (const [op, a, b, c, d] of script) {
    const o = slots.get(a);
    switch (op) {
      case "epoll":
        put(a, open("epoll"));
        break;
      case "event": {
        const e = open("event");
        e.count = b;
        e.semaphore = c !== 0;
        put(a, e);
        break;
      }
      case "pipe": {
        const r = open("reader");
        const w = open("writer");
        r.other = w;
        w.other = r;
        // Both are open before one takes the place of what was in its slot.
        w.refs++;
        put(a, r);
        put(b, w);
        w.refs--;
        break;
      }
      case "add":
      case "mod":
      case "del":
        say(op, ctl(op, a, b, c, d));
        break;
      case "wait":
        wait(a, b);
        break;
      case "read":
        say(op, o ? read(o, b) : "EBADF");
        break;
      case "write":
        say(op, o ? write(o, b) : "EBADF");
        break;
      case "close":
        say(op, drop(a) ? 0 : "EBADF");
        break;
      case "dup":
        say(op, o ? BASE + b : "EBADF");
        if (o && a !== b) put(b, o);
        break;
      case "reset":
        for (const slot of [...slots.keys()].sort((x, y) => x - y)) drop(slot);
        say(op, "");
        out = `${out.trimEnd()}\n`;
        break;
    }
  }
  return out;
}
