import { file, type ProcEntry, procGlobal } from "../fs/proc/entry.ts";
import type { Kernel } from "../kernel.ts";
import { PAGE_SIZE } from "../mm/flags.ts";
import { EINVAL } from "../uapi/errno.ts";
import { type IpcNamespace, ipcNamespace } from "./namespace.ts";
import type { IpcIds, KernIpcPerm } from "./util.ts";

/** Numbers in columns of these widths; `o` marks an octal one. */
function row(values: readonly number[], widths: readonly (number | "o")[]): string {
  return `${values.map((v, i) => (widths[i] === "o" ? ` ${v.toString(8).padStart(4)}` : String(v).padStart(widths[i] as number))).join(" ")}\n`;
}

function table<T extends KernIpcPerm>(head: string, ids: (ns: IpcNamespace) => IpcIds<T>, line: (o: T) => string): ProcEntry {
  return file((k) => {
    const { slots } = ids(ipcNamespace(k));
    const order = [...slots.keys()].sort((a, b) => a - b);
    return `${head}\n${order.map((slot) => line(slots.get(slot)!)).join("")}`;
  });
}

// @linux ipc/shm.c sysvipc_shm_proc_show, ipc/sem.c sysvipc_sem_proc_show, ipc/msg.c sysvipc_msg_proc_show
procGlobal({
  "sysvipc/shm": table(
    "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap",
    (ns) => ns.shm,
    (s) =>
      row(
        [
          ...[s.key, s.id, s.mode, s.size, s.cpid, s.lpid, s.nattch, s.uid, s.gid, s.cuid, s.cgid, s.atime, s.dtime, s.ctime],
          ...[s.file.inode.mapping!.pages.size * PAGE_SIZE, 0],
        ],
        [10, 10, "o", 21, 5, 5, 6, 5, 5, 5, 5, 10, 10, 10, 21, 21],
      ),
  ),
  "sysvipc/sem": table(
    "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime",
    (ns) => ns.sem,
    (s) =>
      row([s.key, s.id, s.mode, s.values.length, s.uid, s.gid, s.cuid, s.cgid, s.otime, s.ctime], [10, 10, "o", 10, 5, 5, 5, 5, 10, 10]),
  ),
  "sysvipc/msg": table(
    "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime",
    (ns) => ns.msg,
    (q) =>
      row(
        [
          ...[q.key, q.id, q.mode, q.bytes, q.messages.length, q.lspid, q.lrpid, q.uid, q.gid, q.cuid, q.cgid],
          ...[q.stime, q.rtime, q.ctime],
        ],
        [10, 10, "o", 11, 10, 5, 5, 5, 5, 5, 5, 10, 10, 10],
      ),
  ),
});

/** The identifier that the next object shall get. @linux ipc/ipc_sysctl.c */
function nextId(ids: (k: Kernel) => IpcIds<KernIpcPerm>): ProcEntry {
  return {
    mode: 0o644,
    show: (k) => `${ids(k).nextId}\n`,
    store(k, _task, text) {
      const n = Number(text.trim());
      if (!Number.isInteger(n) || n < 0 || n > 0x7fffffff) return -EINVAL;
      ids(k).nextId = n;
      return 0;
    },
  };
}

procGlobal({
  "sys/kernel/shm_next_id": nextId((k) => ipcNamespace(k).shm as unknown as IpcIds<KernIpcPerm>),
  "sys/kernel/sem_next_id": nextId((k) => ipcNamespace(k).sem as unknown as IpcIds<KernIpcPerm>),
  "sys/kernel/msg_next_id": nextId((k) => ipcNamespace(k).msg as unknown as IpcIds<KernIpcPerm>),
});
