import type { File, Inode } from "../../include/linux/fs.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { ENOTDIR } from "../../uapi/errno.ts";
import { IN_ACCESS, IN_ATTRIB, IN_CREATE, IN_DELETE, IN_ISDIR, IN_MODIFY, IN_MOVED_FROM, IN_MOVED_TO } from "../../uapi/inotify.ts";
import { POLL_MSG } from "../../uapi/signal.ts";
import { isDir } from "../../uapi/stat.ts";
import { F_OWNER_PID, sendSigio } from "../fasync.ts";
import { FS_DN_RENAME, FsnotifyMark, type FsnotifyMarks, fsnotifyAddMark, fsnotifyDetachMark } from "./fsnotify.ts";

/** F_NOTIFY: a signal when something happens in a directory (include/uapi/linux/fcntl.h). */
const DN_ACCESS = 1;
const DN_MODIFY = 2;
const DN_CREATE = 4;
const DN_DELETE = 8;
const DN_RENAME = 16;
const DN_ATTRIB = 32;
const DN_MULTISHOT = 0x80000000;

/** @linux fs/notify/dnotify/dnotify.c convert_arg */
function eventsOf(arg: number): number {
  let mask = 0;
  if (arg & DN_DELETE) mask |= IN_DELETE | IN_MOVED_FROM;
  if (arg & DN_MODIFY) mask |= IN_MODIFY;
  if (arg & DN_ACCESS) mask |= IN_ACCESS;
  if (arg & DN_ATTRIB) mask |= IN_ATTRIB;
  if (arg & DN_RENAME) mask |= FS_DN_RENAME;
  if (arg & DN_CREATE) mask |= IN_CREATE | IN_MOVED_TO;
  return mask;
}

/** One open directory's request. */
class DnotifyMark extends FsnotifyMark {
  readonly file: File;
  multishot = false;
  constructor(inode: Inode, file: File) {
    super(inode);
    this.file = file;
  }
  /** @linux fs/notify/dnotify/dnotify.c dnotify_handle_event */
  handle(k: Kernel, mask: number, _cookie: number, name: string): void {
    // What happens to the directory as such is told to its own parent's watchers.
    if (name === "" && !(mask & IN_ISDIR)) return;
    sendSigio(k, this.file, POLL_MSG);
    if (!this.multishot) fsnotifyDetachMark(this);
  }
  inodeGone(_k: Kernel): void {
    fsnotifyDetachMark(this);
  }
}
stateClass(DnotifyMark);

function markOf(file: File): DnotifyMark | undefined {
  const marks = (file.inode.notify as FsnotifyMarks | null)?.marks;
  return marks?.find((m) => m instanceof DnotifyMark && m.file === file) as DnotifyMark | undefined;
}

/** @linux fs/notify/dnotify/dnotify.c fcntl_dirnotify */
export function fcntlDirnotify(k: Kernel, file: File, arg: number): number {
  const known = markOf(file);
  if ((arg & ~DN_MULTISHOT) === 0) {
    if (known) fsnotifyDetachMark(known);
    return 0;
  }
  if (!isDir(file.inode.mode)) return -ENOTDIR;
  if (file.ownerPid === 0) {
    file.ownerPid = k.current.tgid;
    file.ownerType = F_OWNER_PID;
  }
  const mark = known ?? new DnotifyMark(file.inode, file);
  mark.mask |= eventsOf(arg);
  if (arg & DN_MULTISHOT) mark.multishot = true;
  if (!known) fsnotifyAddMark(mark);
  return 0;
}

/** The directory is closed. @linux fs/notify/dnotify/dnotify.c dnotify_flush */
export function dnotifyFlush(file: File): void {
  const mark = markOf(file);
  if (mark) fsnotifyDetachMark(mark);
}
