// POSIX record locks: conflicts, joining and splitting, F_GETLK, release.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
static int fd;
static int lock(int cmd, int type, int whence, long start, long len) {
  struct flock l = {.l_type = type, .l_whence = whence, .l_start = start, .l_len = len};
  return fcntl(fd, cmd, &l);
}
// What another process sees, byte by byte.
static void map(const char *what) {
  fflush(stdout);
  int pid = getpid();
  if (fork() == 0) {
    printf("%s: ", what);
    for (int i = 0; i < 24; i++) {
      struct flock l = {.l_type = F_WRLCK, .l_start = i, .l_len = 1};
      fcntl(fd, F_GETLK, &l);
      putchar(l.l_type == F_UNLCK ? '.' : l.l_type == F_RDLCK ? 'r' : 'w');
    }
    long at = 0;
    for (;;) {
      struct flock l = {.l_type = F_WRLCK, .l_start = at, .l_len = 0};
      fcntl(fd, F_GETLK, &l);
      if (l.l_type == F_UNLCK) break;
      printf(" [%ld+%ld %s]", (long)l.l_start, (long)l.l_len, l.l_pid == pid ? "parent" : "?");
      if (l.l_len == 0) break;
      at = l.l_start + l.l_len;
    }
    printf("\n");
    fflush(stdout);
    _exit(0);
  }
  wait(0);
}
int main(void) {
  fd = open("file", O_CREAT | O_RDWR, 0600);
  ftruncate(fd, 20);
  P("read lock", lock(F_SETLK, F_RDLCK, SEEK_SET, 0, 10));
  map("0-9 r");
  P("write in the middle", lock(F_SETLK, F_WRLCK, SEEK_SET, 4, 2));
  map("4-5 w");
  P("unlock", lock(F_SETLK, F_UNLCK, SEEK_SET, 2, 6));
  map("2-7 -");
  P("adjacent", lock(F_SETLK, F_RDLCK, SEEK_SET, 2, 2));
  map("2-3 r");
  P("join", lock(F_SETLK, F_RDLCK, SEEK_SET, 3, 6));
  map("3-8 r");
  P("from the end", lock(F_SETLK, F_WRLCK, SEEK_END, -2, 0));
  map("18- w");
  lseek(fd, 15, SEEK_SET);
  P("backwards", lock(F_SETLK, F_WRLCK, SEEK_CUR, 0, -3));
  map("12-14 w");
  P("all off", lock(F_SETLK, F_UNLCK, SEEK_SET, 0, 0));
  map("none");
  P("bad whence", lock(F_SETLK, F_RDLCK, 7, 0, 0));
  P("bad type", lock(F_SETLK, 7, SEEK_SET, 0, 0));
  P("before start", lock(F_SETLK, F_RDLCK, SEEK_SET, -1, 0));
  P("before start", lock(F_SETLK, F_RDLCK, SEEK_SET, 3, -4));
  P("F_GETLK for unlock", lock(F_GETLK, F_UNLCK, SEEK_SET, 0, 0));
  P("fault", fcntl(fd, F_SETLK, 8));
  P("write lock", lock(F_SETLK, F_WRLCK, SEEK_SET, 0, 10));
  fflush(stdout);
  if (fork() == 0) {
    P("child: not inherited", lock(F_SETLK, F_RDLCK, SEEK_SET, 5, 1));
    P("child: elsewhere", lock(F_SETLK, F_WRLCK, SEEK_SET, 10, 5));
    P("child: unlocks nothing", lock(F_SETLK, F_UNLCK, SEEK_SET, 0, 5));
    fflush(stdout);
    _exit(0);
  }
  wait(0);
  map("still");
  int other = open("file", O_RDWR);
  close(other);
  map("closing any descriptor drops all");
  fd = open("file", O_RDONLY);
  P("write lock on a read-only file", lock(F_SETLK, F_WRLCK, SEEK_SET, 0, 1));
  fd = open("file", O_WRONLY);
  P("read lock on a write-only file", lock(F_SETLK, F_RDLCK, SEEK_SET, 0, 1));
  return 0;
}
