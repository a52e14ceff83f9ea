import type { File, Inode } from "../../include/linux/fs.ts";
import type { Kernel } from "../../kernel.ts";
import { sessionClearTty } from "./jobctrl.ts";
import type { Tty } from "./types.ts";

/** The last reference to an open terminal goes. @linux drivers/tty/tty_io.c tty_release */
export function ttyRelease(k: Kernel, _inode: Inode, file: File): void {
  const tty = file.priv as Tty | null;
  if (!tty?.files.delete(file)) return;
  tty.ops.close?.(k, tty, file);
  tty.count--;
  if (tty.count === 0 && (tty.link === null || tty.link.count === 0)) {
    sessionClearTty(k, tty.session);
    tty.session = tty.pgrp = 0;
    if (tty.link) {
      sessionClearTty(k, tty.link.session);
      tty.link.session = tty.link.pgrp = 0;
    }
  }
}
