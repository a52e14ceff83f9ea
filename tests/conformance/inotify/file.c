// Events of a watched file.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include "../print.h"
#include "events.h"
int main(void) {
  in = inotify_init1(IN_NONBLOCK);
  close(open("f", O_CREAT | O_RDWR, 0600));
  P("watch", inotify_add_watch(in, "f", IN_ALL_EVENTS));
  int fd = open("f", O_RDWR);
  show("open");
  char b[10];
  write(fd, "abc", 3);
  show("write");
  write(fd, "abc", 3);
  write(fd, "abc", 3);
  show("two writes are one event");
  pread(fd, b, 3, 0);
  show("read");
  read(fd, b, 3);
  show("read of nothing");
  ftruncate(fd, 1);
  show("ftruncate");
  truncate("f", 5);
  show("truncate");
  fchmod(fd, 0644);
  show("chmod");
  chown("f", 1, 1);
  show("chown");
  struct timeval tv[2] = {{1, 0}, {2, 0}};
  utimes("f", tv);
  show("utimes");
  struct timespec ts[2] = {{1, 0}, {0, UTIME_OMIT}};
  utimensat(AT_FDCWD, "f", ts, 0);
  show("atime only");
  ts[0].tv_nsec = UTIME_OMIT;
  ts[1].tv_nsec = 0;
  utimensat(AT_FDCWD, "f", ts, 0);
  show("mtime only");
  link("f", "g");
  show("link");
  unlink("g");
  show("unlink of the other name");
  rename("f", "h");
  show("rename");
  int d = dup(fd);
  close(fd);
  show("close of a duplicate");
  close(d);
  show("close of the last");
  close(open("h", O_RDONLY));
  show("open and close for reading");
  close(open("h", O_RDWR | O_TRUNC));
  show("O_TRUNC");
  close(open("h", O_PATH));
  show("O_PATH");
  struct stat st;
  stat("h", &st);
  access("h", R_OK);
  show("stat, access");
  fd = open("h", O_RDONLY);
  unlink("h");
  show("unlink while open");
  close(fd);
  show("close");
  return 0;
}
