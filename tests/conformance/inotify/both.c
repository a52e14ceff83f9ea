// A file and its directory watched by one descriptor; replaced names; hard links.
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
int main(void) {
  in = inotify_init1(IN_NONBLOCK);
  mkdir("d", 0755);
  close(open("d/f", O_CREAT | O_WRONLY, 0600));
  close(open("d/g", O_CREAT | O_WRONLY, 0600));
  P("d", inotify_add_watch(in, "d", IN_ALL_EVENTS));
  P("f", inotify_add_watch(in, "d/f", IN_ALL_EVENTS));
  P("g", inotify_add_watch(in, "d/g", IN_ALL_EVENTS));
  int fd = open("d/f", O_RDWR);
  write(fd, "x", 1);
  fchmod(fd, 0644);
  close(fd);
  show("open, write, chmod, close");
  rename("d/f", "d/g");
  show("replace");
  link("d/g", "d/h");
  show("link");
  unlink("d/g");
  show("unlink one name");
  fd = open("d/h", O_RDONLY);
  show("open by the other name");
  unlink("d/h");
  show("unlink the last while open");
  close(fd);
  show("close");
  close(open("d/a", O_CREAT | O_WRONLY, 0600));
  close(open("d/b", O_CREAT | O_WRONLY, 0600));
  show("two more");
  renameat2(AT_FDCWD, "d/a", AT_FDCWD, "d/b", RENAME_EXCHANGE);
  show("exchange");
  return 0;
}
