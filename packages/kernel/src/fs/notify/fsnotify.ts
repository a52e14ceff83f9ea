import type { Dentry, File, Inode, SuperBlock } from "../../include/linux/fs.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { O_ACCMODE, O_PATH, O_RDONLY } from "../../uapi/fcntl.ts";
import {
  IN_ACCESS,
  IN_ATTRIB,
  IN_CLOSE_NOWRITE,
  IN_CLOSE_WRITE,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_ISDIR,
  IN_MODIFY,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_OPEN,
  IN_UNMOUNT,
} from "../../uapi/inotify.ts";
import { isDir } from "../../uapi/stat.ts";

/**
 * What happens to files is told here; whoever watches hears of it. Without watchers a hook costs two
 * tests. Events have the bits of inotify (FS_* and IN_* agree).
 */

/** A name moved within one directory: only directory signals (F_NOTIFY) tell that apart. */
export const FS_DN_RENAME = 0x10000000;

/** Somebody's interest in one inode (struct fsnotify_mark). */
export abstract class FsnotifyMark {
  readonly inode: Inode;
  mask = 0;
  /** Events of files that have no name any more are not wanted (IN_EXCL_UNLINK). */
  exclUnlink = false;
  constructor(inode: Inode) {
    this.inode = inode;
  }
  /** An event of interest. `name`: of the child it happened to, or "". */
  abstract handle(k: Kernel, mask: number, cookie: number, name: string): void;
  /** The inode is gone. */
  abstract inodeGone(k: Kernel): void;
}

/** What inode.notify is. */
export class FsnotifyMarks {
  marks: FsnotifyMark[] = [];
}

class FsnotifyState {
  cookie = 0;
}
stateClass(FsnotifyMarks, FsnotifyState);

/** Attaches a mark to its inode. @linux fs/notify/mark.c fsnotify_add_mark */
export function fsnotifyAddMark(mark: FsnotifyMark): void {
  const { inode } = mark;
  inode.notify ??= new FsnotifyMarks();
  (inode.notify as FsnotifyMarks).marks.push(mark);
}

/** @linux fs/notify/mark.c fsnotify_detach_mark */
export function fsnotifyDetachMark(mark: FsnotifyMark): void {
  const n = mark.inode.notify as FsnotifyMarks | null;
  if (!n) return;
  n.marks = n.marks.filter((m) => m !== mark);
  if (n.marks.length === 0) mark.inode.notify = null;
}

function deliver(k: Kernel, inode: Inode, mask: number, cookie: number, name: string, unlinked: boolean): void {
  // A handler may take its mark away: the list is then replaced, not changed.
  for (const m of (inode.notify as FsnotifyMarks).marks) {
    if ((m.mask & mask) !== 0 && !(unlinked && m.exclUnlink)) m.handle(k, mask, cookie, name);
  }
}

/** An event of an inode as such. @linux include/linux/fsnotify.h fsnotify_inode */
function fsnotifyInode(k: Kernel, inode: Inode, mask: number): void {
  if (inode.notify) deliver(k, inode, isDir(inode.mode) ? mask | IN_ISDIR : mask, 0, "", false);
}

/** An event in a directory. @linux include/linux/fsnotify.h fsnotify_name */
function fsnotifyName(k: Kernel, dir: Inode, mask: number, name: string, cookie: number): void {
  if (dir.notify) deliver(k, dir, mask, cookie, name, false);
}

/** An event that both the watchers of the parent directory and those of the inode hear. @linux fs/notify/fsnotify.c __fsnotify_parent */
function fsnotifyParent(k: Kernel, inode: Inode, dentry: Dentry, mask: number, path: boolean): void {
  const dir = dentry.parent;
  const above = dir !== dentry && dir.inode?.notify ? dir.inode : null;
  if (!above && !inode.notify) return;
  const m = isDir(inode.mode) ? mask | IN_ISDIR : mask;
  const unlinked = path && dentry.unhashed;
  if (above) deliver(k, above, m, 0, dentry.name, unlinked);
  if (inode.notify) deliver(k, inode, m, 0, "", unlinked);
}

function fsnotifyFile(k: Kernel, file: File, mask: number): void {
  const { dentry } = file.path;
  if (!file.inode.notify && !dentry.parent.inode?.notify) return;
  if (file.flags & O_PATH) return;
  fsnotifyParent(k, file.inode, dentry, mask, true);
}

/** A file was opened. @linux include/linux/fsnotify.h fsnotify_open */
export function fsnotifyOpen(k: Kernel, file: File): void {
  fsnotifyFile(k, file, IN_OPEN);
}
/** It was read, or listed. @linux include/linux/fsnotify.h fsnotify_access */
export function fsnotifyAccess(k: Kernel, file: File): void {
  fsnotifyFile(k, file, IN_ACCESS);
}
/** It was written. @linux include/linux/fsnotify.h fsnotify_modify */
export function fsnotifyModify(k: Kernel, file: File): void {
  fsnotifyFile(k, file, IN_MODIFY);
}
/** Its last descriptor was closed. @linux include/linux/fsnotify.h fsnotify_close */
export function fsnotifyCloseFile(k: Kernel, file: File): void {
  fsnotifyFile(k, file, (file.flags & O_ACCMODE) === O_RDONLY ? IN_CLOSE_NOWRITE : IN_CLOSE_WRITE);
}

/** Attributes changed: IN_ATTRIB, IN_MODIFY, IN_ACCESS in any combination. @linux include/linux/fsnotify.h fsnotify_change */
export function fsnotifyChange(k: Kernel, inode: Inode, dentry: Dentry, mask: number): void {
  if (mask !== 0) fsnotifyParent(k, inode, dentry, mask, false);
}
/** @linux include/linux/fsnotify.h fsnotify_dentry */
export function fsnotifyAttrib(k: Kernel, inode: Inode, dentry: Dentry): void {
  fsnotifyParent(k, inode, dentry, IN_ATTRIB, false);
}
/** The size was changed other than by writing. */
export function fsnotifyModifyInode(k: Kernel, inode: Inode, dentry: Dentry): void {
  fsnotifyParent(k, inode, dentry, IN_MODIFY, false);
}
/** The number of names changed. @linux include/linux/fsnotify.h fsnotify_link_count */
export function fsnotifyLinkCount(k: Kernel, inode: Inode): void {
  fsnotifyInode(k, inode, IN_ATTRIB);
}

/** A name came into being: file, link, directory … @linux include/linux/fsnotify.h fsnotify_create, fsnotify_mkdir */
export function fsnotifyCreate(k: Kernel, dir: Inode, dentry: Dentry): void {
  if (!dir.notify) return;
  fsnotifyName(k, dir, dentry.inode && isDir(dentry.inode.mode) ? IN_CREATE | IN_ISDIR : IN_CREATE, dentry.name, 0);
}

/** A name of `inode` was removed from `dir`. @linux include/linux/fsnotify.h fsnotify_delete */
export function fsnotifyDelete(k: Kernel, dir: Inode, dentry: Dentry, inode: Inode): void {
  fsnotifyName(k, dir, isDir(inode.mode) ? IN_DELETE | IN_ISDIR : IN_DELETE, dentry.name, 0);
}

/** `source` was renamed; `target` is what the new name stood for before, or null. @linux include/linux/fsnotify.h fsnotify_move */
export function fsnotifyMove(
  k: Kernel,
  oldDir: Inode,
  newDir: Inode,
  oldName: string,
  newName: string,
  source: Inode,
  target: Inode | null,
): void {
  if (oldDir.notify || newDir.notify) {
    let state = k.subsystems.get("fsnotify") as FsnotifyState | undefined;
    if (!state) {
      state = new FsnotifyState();
      k.subsystems.set("fsnotify", state);
    }
    const cookie = ++state.cookie;
    const d = isDir(source.mode) ? IN_ISDIR : 0;
    fsnotifyName(k, oldDir, IN_MOVED_FROM | d | (oldDir === newDir ? FS_DN_RENAME : 0), oldName, cookie);
    fsnotifyName(k, newDir, IN_MOVED_TO | d, newName, cookie);
  }
  if (target) fsnotifyLinkCount(k, target);
  fsnotifyInode(k, source, IN_MOVE_SELF);
}

/** The last name and the last user of an inode have gone: its watchers too. @linux include/linux/fsnotify.h fsnotify_inoderemove */
export function fsnotifyInodeRemove(k: Kernel, inode: Inode): void {
  if (!inode.notify) return;
  fsnotifyInode(k, inode, IN_DELETE_SELF);
  gone(k, inode);
}

function gone(k: Kernel, inode: Inode): void {
  for (const m of (inode.notify as FsnotifyMarks | null)?.marks ?? []) m.inodeGone(k);
}

/** A file system is unmounted for good. @linux fs/notify/fsnotify.c fsnotify_unmount_inodes */
export function fsnotifyUnmount(k: Kernel, sb: SuperBlock): void {
  const watched = new Set<Inode>();
  const walk = (d: Dentry): void => {
    if (d.inode?.notify) watched.add(d.inode);
    for (const c of d.children?.values() ?? []) walk(c);
  };
  if (sb.root) walk(sb.root);
  // The newest first, as they are in the super block's list.
  for (const inode of [...watched].sort((a, b) => b.ino - a.ino)) {
    fsnotifyInode(k, inode, IN_UNMOUNT);
    gone(k, inode);
  }
}
