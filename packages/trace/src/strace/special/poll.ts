import { flagNames } from "@lstar/kernel/syscall/declare.ts";
import type { ArgPrinter, Call } from "../call.ts";
import { resultNotes } from "../result.ts";
import { sigsetText } from "../signals.ts";
import { flagsText, hex, pointer } from "../text.ts";
import type { PrinterTable } from "./index.ts";
import { timespecText } from "./time.ts";

const pollBits = flagNames("POLL???", {
  POLLIN: 1,
  POLLPRI: 2,
  POLLOUT: 4,
  POLLERR: 8,
  POLLHUP: 16,
  POLLNVAL: 32,
  POLLRDNORM: 0x40,
  POLLRDBAND: 0x80,
  POLLWRNORM: 0x100,
  POLLWRBAND: 0x200,
  POLLMSG: 0x400,
  POLLREMOVE: 0x1000,
  POLLRDHUP: 0x2000,
});

const pollEntry: ArgPrinter = (c, i) => {
  const n = c.arg(1);
  const at = c.arg(i);
  if (at === 0) return "NULL";
  if (n === 0) return "[]";
  const list: string[] = [];
  for (let p = 0; p < Math.min(n, 32); p++) {
    const v = c.view(at + 8 * p, 8);
    if (!v) return p === 0 ? pointer(at) : `[${list.join(", ")}, ... /* ${pointer(at + 8 * p)} */]`;
    const fd = v.getInt32(0, true);
    list.push(fd < 0 ? `{fd=${fd}}` : `{fd=${c.fd(fd)}, events=${flagsText(pollBits, v.getUint16(4, true))}}`);
  }
  if (n > 32) list.push("...");
  return `[${list.join(", ")}]`;
};

function pollResult(c: Call): string | null {
  if (c.ret === 0) return "Timeout";
  const list: string[] = [];
  for (let p = 0; p < Math.min(c.arg(1), 32); p++) {
    const v = c.view(c.arg(0) + 8 * p, 8);
    const revents = v?.getUint16(6, true) ?? 0;
    if (v && revents !== 0) list.push(`{fd=${c.fd(v.getInt32(0, true))}, revents=${flagsText(pollBits, revents)}}`);
  }
  let text = `[${list.join(", ")}]`;
  if (c.def.name === "ppoll" && c.arg(2) !== 0) text += `, left ${timespecText(c, c.arg(2))}`;
  return text;
}
resultNotes.set("poll", pollResult);
resultNotes.set("ppoll", pollResult);

function setText(c: Call, address: number): string | null {
  const n = Math.min(c.arg(0), 1024);
  const bytes = c.memory(address, Math.ceil(n / 64) * 8);
  if (bytes.length * 8 < n) return null;
  const fds: string[] = [];
  for (let fd = 0; fd < n; fd++) if ((bytes[fd >> 3]! >> (fd & 7)) & 1) fds.push(c.fd(fd));
  return fds.join(" ");
}
const fdSet: ArgPrinter = (c, i) => {
  if (c.arg(i) === 0) return "NULL";
  const t = setText(c, c.arg(i));
  return t === null ? pointer(c.arg(i)) : `[${t}]`;
};
function selectResult(c: Call): string | null {
  if (c.ret === 0) return "Timeout";
  const parts: string[] = [];
  ["in", "out", "except"].forEach((name, i) => {
    if (c.arg(i + 1) === 0) return;
    const t = setText(c, c.arg(i + 1));
    if (t) parts.push(`${name} [${t}]`);
  });
  if (c.arg(4) !== 0) parts.push(`left ${timespecText(c, c.arg(4), c.def.name === "select" ? "tv_usec" : "tv_nsec")}`);
  return parts.join(", ");
}
resultNotes.set("select", selectResult);
resultNotes.set("pselect6", selectResult);

const sigmask: ArgPrinter = (c, i) => {
  if (c.arg(i) === 0) return "NULL";
  // The size follows.
  if (c.arg(i + 1) !== 8) return pointer(c.arg(i));
  const v = c.view(c.arg(i), 8);
  return v ? sigsetText(v.getUint32(0, true), v.getUint32(4, true)) : pointer(c.arg(i));
};
const pselectMask: ArgPrinter = (c, i) => {
  if (c.arg(i) === 0) return "NULL";
  const p = c.u64(c.arg(i));
  const size = c.u64(c.arg(i) + 8);
  if (p === null || size === null) return pointer(c.arg(i));
  const v = p === 0 ? null : c.view(p, 8);
  return `{sigmask=${v ? sigsetText(v.getUint32(0, true), v.getUint32(4, true)) : pointer(p)}, sigsetsize=${size}}`;
};

const epollBits = flagNames("EPOLL???", {
  EPOLLIN: 1,
  EPOLLPRI: 2,
  EPOLLOUT: 4,
  EPOLLERR: 8,
  EPOLLHUP: 16,
  EPOLLNVAL: 32,
  EPOLLRDNORM: 0x40,
  EPOLLRDBAND: 0x80,
  EPOLLWRNORM: 0x100,
  EPOLLWRBAND: 0x200,
  EPOLLMSG: 0x400,
  EPOLLRDHUP: 0x2000,
  EPOLLEXCLUSIVE: 0x10000000,
  EPOLLWAKEUP: 0x20000000,
  EPOLLONESHOT: 0x40000000,
  EPOLLET: 0x80000000,
});
function epollEvent(c: Call, address: number): string {
  const v = c.view(address, 12);
  if (!v) return pointer(address);
  const lo = v.getUint32(4, true);
  const u64 = v.getBigUint64(4, true);
  const data = u64 === BigInt(lo) ? `{u32=${lo}, u64=${u64}}` : `{u32=${lo}, u64=${u64}}`;
  return `{events=${flagsText(epollBits, v.getUint32(0, true))}, data=${data}}`;
}
const epollEvents: ArgPrinter = (c, i) => {
  if (!c.exiting) return null;
  if (c.ret! < 0) return pointer(c.arg(i));
  const list: string[] = [];
  for (let e = 0; e < Math.min(c.ret!, 32); e++) list.push(epollEvent(c, c.arg(i) + 12 * e));
  if (c.ret! > 32) list.push("...");
  return `[${list.join(", ")}]`;
};
const epollOps: Record<number, string> = { 1: "EPOLL_CTL_ADD", 2: "EPOLL_CTL_DEL", 3: "EPOLL_CTL_MOD" };

export const pollPrinters: PrinterTable = {
  poll: { 0: pollEntry },
  ppoll: { 0: pollEntry, 2: (c) => timespecText(c, c.arg(2)), 3: sigmask },
  select: { 1: fdSet, 2: fdSet, 3: fdSet, 4: (c) => timespecText(c, c.arg(4), "tv_usec") },
  pselect6: { 1: fdSet, 2: fdSet, 3: fdSet, 4: (c) => timespecText(c, c.arg(4)), 5: pselectMask },
  epoll_ctl: {
    1: (c) => epollOps[c.arg(1)] ?? `${hex(c.arg(1) >>> 0)} /* EPOLL_CTL_??? */`,
    3: (c) => (c.arg(3) === 0 ? "NULL" : c.arg(1) === 2 ? pointer(c.arg(3)) : epollEvent(c, c.arg(3))),
  },
  epoll_wait: { 1: epollEvents },
  epoll_pwait: { 1: epollEvents, 4: sigmask },
  epoll_pwait2: { 1: epollEvents, 3: (c) => timespecText(c, c.arg(3)), 4: sigmask },
};
