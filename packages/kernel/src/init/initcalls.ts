/** Loads what registers itself: file systems and drivers (device_initcall). */
import "../drivers/char/mem.ts";
import "../drivers/tty/tty.ts";
import "../fs/devpts.ts";
import "../fs/devtmpfs.ts";
import "../fs/proc/root.ts";
import "../mm/shmem.ts";
