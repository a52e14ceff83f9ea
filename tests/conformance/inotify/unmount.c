// Watches on a file system that is unmounted.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../print.h"
#include "events.h"
int main(void) {
  in = inotify_init1(IN_NONBLOCK);
  mkdir("m", 0755);
  if (unshare(CLONE_NEWNS) == 0) mount("none", "/", 0, MS_REC | MS_PRIVATE, 0);
  if (mount("none", "m", "tmpfs", 0, 0) < 0) return 0;
  close(open("m/f", O_CREAT | O_WRONLY, 0600));
  P("watch", inotify_add_watch(in, "m/f", IN_OPEN));
  P("watch", inotify_add_watch(in, "m", IN_CREATE));
  P("watch below", inotify_add_watch(in, ".", IN_ALL_EVENTS));
  show("nothing");
  P("umount", umount("m"));
  show("unmounted");
  return 0;
}
