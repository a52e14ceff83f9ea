import type { Inode } from "../../include/linux/fs.ts";
import { tasksOf } from "../../kernel/pid.ts";
import type { Kernel } from "../../kernel.ts";
import { major, minor } from "../charDev.ts";
import { type FileLock, FileLockContext, OFFSET_MAX } from "../locks.ts";
import { file, hex, procGlobal } from "./entry.ts";

const F_RDLCK = 0;

/** Inodes with locks: somebody has each of them open. */
function lockedInodes(k: Kernel): Set<Inode> {
  const out = new Set<Inode>();
  for (const t of tasksOf(k)) {
    if (t.exitState !== 0) continue;
    for (const f of t.files.fd) if (f?.inode.locks instanceof FileLockContext) out.add(f.inode);
  }
  return out;
}

/** @linux fs/locks.c lock_get_status */
function lockLine(nr: number, kind: string, lock: FileLock, inode: Inode): string {
  const { dev } = inode.sb;
  const type = lock.type === F_RDLCK ? "READ " : "WRITE";
  const end = lock.end >= OFFSET_MAX ? "EOF" : String(lock.end);
  return `${nr}: ${kind} ADVISORY  ${type} ${lock.pid} ${hex(major(dev), 2)}:${hex(minor(dev), 2)}:${inode.ino} ${lock.start} ${end}\n`;
}

function locks(k: Kernel): string {
  let out = "";
  let nr = 0;
  for (const inode of lockedInodes(k)) {
    const ctx = inode.locks as FileLockContext;
    for (const l of ctx.flock) out += lockLine(++nr, "FLOCK ", l, inode);
    for (const l of ctx.posix) out += lockLine(++nr, l.pid === -1 ? "OFDLCK" : "POSIX ", l, inode);
  }
  return out;
}

procGlobal({ locks: file(locks) });
