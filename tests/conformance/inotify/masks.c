// Masks and modes of watches, numbers, removal, errors.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../print.h"
#include "events.h"
static void touch(const char *f) { close(open(f, O_CREAT | O_WRONLY, 0600)); }
int main(void) {
  in = inotify_init1(IN_NONBLOCK);
  mkdir("d", 0755);
  touch("f");
  symlink("f", "l");
  symlink("d", "ld");
  P("f", inotify_add_watch(in, "f", IN_OPEN));
  P("d", inotify_add_watch(in, "d", IN_CREATE));
  P("f again: same number", inotify_add_watch(in, "f", IN_CLOSE_WRITE));
  touch("f");
  show("replaced mask");
  P("add", inotify_add_watch(in, "f", IN_OPEN | IN_MASK_ADD));
  touch("f");
  show("added");
  P("create", inotify_add_watch(in, "f", IN_OPEN | IN_MASK_CREATE));
  P("create and add", inotify_add_watch(in, "d", IN_OPEN | IN_MASK_CREATE | IN_MASK_ADD));
  P("through link", inotify_add_watch(in, "l", IN_OPEN));
  P("the link", inotify_add_watch(in, "l", IN_ALL_EVENTS | IN_DONT_FOLLOW));
  unlink("l");
  show("link removed");
  P("only directory", inotify_add_watch(in, "f", IN_OPEN | IN_ONLYDIR));
  P("only directory", inotify_add_watch(in, "ld", IN_CREATE | IN_ONLYDIR));
  P("nothing to watch", inotify_add_watch(in, "f", 0));
  P("missing", inotify_add_watch(in, "nope", IN_OPEN));
  P("no inotify", inotify_add_watch(1, "f", IN_OPEN));
  P("closed", inotify_add_watch(99, "f", IN_OPEN));
  P("fault", inotify_add_watch(in, (char *)8, IN_OPEN));
  P("remove", inotify_rm_watch(in, 1));
  show("removed");
  P("remove again", inotify_rm_watch(in, 1));
  P("no such", inotify_rm_watch(in, 77));
  P("no inotify", inotify_rm_watch(1, 1));
  P("numbers are not used again", inotify_add_watch(in, "f", IN_OPEN | IN_ONESHOT));
  touch("f");
  touch("f");
  show("one shot");
  P("excl_unlink", inotify_add_watch(in, "d", IN_ALL_EVENTS | IN_EXCL_UNLINK));
  int fd = open("d/x", O_CREAT | O_RDWR, 0600);
  unlink("d/x");
  write(fd, "x", 1);
  close(fd);
  show("no events after unlink");
  P("without", inotify_add_watch(in, "d", IN_ALL_EVENTS));
  fd = open("d/x", O_CREAT | O_RDWR, 0600);
  unlink("d/x");
  write(fd, "x", 1);
  close(fd);
  show("events after unlink");
  P("init flags", inotify_init1(1));
  int c = inotify_init1(IN_CLOEXEC);
  printf("cloexec %d flags %o\n", fcntl(c, F_GETFD), fcntl(c, F_GETFL));
  return 0;
}
