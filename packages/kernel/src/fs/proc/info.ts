import type { Inode } from "../../include/linux/fs.ts";
import type { Task } from "../../include/linux/sched.ts";
import { stateClass } from "../../state.ts";
import { globalEntries, type ProcEntry, taskEntries } from "./entry.ts";

/** What an inode of procfs stands for. */
export class ProcInfo {
  /** "global": path below /proc. "tgid", "tid": path below the process's or thread's directory. "fd", "fdinfo", "map": one of its files. */
  area: "global" | "tgid" | "tid" | "fd" | "fdinfo" | "map";
  path: string;
  /** The process; null in the global area. */
  task: Task | null;
  /** Descriptor, for fd and fdinfo. */
  fd = -1;
  constructor(area: ProcInfo["area"], path: string, task: Task | null) {
    this.area = area;
    this.path = path;
    this.task = task;
  }
}

stateClass(ProcInfo);

export function procInfo(inode: Inode): ProcInfo {
  return inode.info as ProcInfo;
}

/** The declaration behind an inode, or undefined for directories and descriptors. */
export function procEntry(info: ProcInfo): ProcEntry | undefined {
  if (info.area === "global") return globalEntries.get(info.path);
  return info.area === "tgid" || info.area === "tid" ? taskEntries.get(info.path) : undefined;
}

/** Names directly below a directory of a declaration table, in order of declaration; `keep` filters. */
export function namesBelow(entries: Map<string, ProcEntry>, path: string, keep: (entry: ProcEntry) => boolean = () => true): string[] {
  const prefix = path === "" ? "" : `${path}/`;
  const out = new Set<string>();
  for (const [key, entry] of entries) {
    if (!key.startsWith(prefix) || key === path || !keep(entry)) continue;
    const rest = key.slice(prefix.length);
    const slash = rest.indexOf("/");
    out.add(slash < 0 ? rest : rest.slice(0, slash));
  }
  return [...out];
}
