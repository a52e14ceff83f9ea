import {
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
} from "@lstar/kernel/uapi/eventpoll.ts";
import type { Delivery, EpollDiagnosis, ItemHistory } from "./watcher.ts";

const NAMES: [number, string][] = [
  [EPOLLIN, "IN"],
  [EPOLLOUT, "OUT"],
  [EPOLLPRI, "PRI"],
  [EPOLLRDHUP, "RDHUP"],
  [EPOLLERR, "ERR"],
  [EPOLLHUP, "HUP"],
  [EPOLLET, "ET"],
  [EPOLLONESHOT, "ONESHOT"],
  [EPOLLEXCLUSIVE, "EXCLUSIVE"],
];
const bits = (events: number): string =>
  NAMES.filter(([bit]) => events & bit)
    .map(([, name]) => name)
    .join("|") || "0";

function line(d: Delivery): string {
  const calls = d.calls.map((c) => `${c.name} ${c.result < 0 ? (c.result === -11 ? "EAGAIN" : `error ${-c.result}`) : c.result}`);
  const shown = calls.length > 6 ? [...calls.slice(0, 3), `… ${calls.length - 5} more …`, ...calls.slice(-2)] : calls;
  const end = d.drained ? "" : d.fate === "edge" ? " (not read to the end)" : "";
  return `    at ${String(d.position).padStart(12)}  ${bits(d.revents).padEnd(8)} ${d.fate.padEnd(7)} → ${shown.join(", ") || "nothing"}${end}`;
}

/** Per epoll file each registered descriptor, its deliveries, and what the program did with them. */
export function epollReport(histories: readonly ItemHistory[], diagnoses: readonly EpollDiagnosis[]): string {
  if (histories.length === 0) return "epoll: the program registered no descriptor.\n";
  const out: string[] = [];
  for (const ep of new Set(histories.map((h) => h.ep))) {
    out.push(`epoll file ${ep}`);
    for (const h of histories.filter((x) => x.ep === ep)) {
      const n = h.deliveries.length + h.forgotten;
      out.push(
        `  fd ${h.fd}  ${bits(h.events & ~(EPOLLERR | EPOLLHUP))}  ${h.wakeups} wake-ups${h.wokenBy ? ` (last by process ${h.wokenBy})` : ""}, ${n} deliveries${h.removed ? ", removed" : ""}`,
      );
      if (h.forgotten) out.push(`    (${h.forgotten} earlier deliveries are not shown)`);
      for (const d of h.deliveries) out.push(line(d));
    }
  }
  if (diagnoses.length) out.push("Diagnosis", ...diagnoses.map((d) => `  ${d.text}`));
  return `${out.join("\n")}\n`;
}
