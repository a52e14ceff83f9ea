import type { Kernel } from "../../kernel.ts";
import { meminfo } from "../../mm/vmstat.ts";
import { kb } from "../proc/entry.ts";

/** Memory of the only node. @linux drivers/base/node.c node_read_meminfo */
export function showNodeMeminfo(k: Kernel): string {
  const m = meminfo(k);
  const lines: [string, number][] = [
    ["MemTotal", m.total],
    ["MemFree", m.free],
    ["MemUsed", m.total - m.free],
    ["FilePages", m.cached],
    ["Mapped", m.mapped],
    ["AnonPages", m.anon],
    ["Shmem", m.shmem],
    ["PageTables", m.pageTables],
  ];
  return lines.map(([name, n]) => `Node 0 ${`${name}:`.padEnd(15)}${kb(n)}`).join("\n");
}
