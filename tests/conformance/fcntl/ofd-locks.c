// Locks of open file descriptions.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
static int lock(int fd, int cmd, int type, long start, long len) {
  struct flock l = {.l_type = type, .l_start = start, .l_len = len};
  int r = fcntl(fd, cmd, &l);
  if (cmd == F_GETLK || cmd == F_OFD_GETLK) printf("(type %d start %ld len %ld pid %d) ", l.l_type, (long)l.l_start, (long)l.l_len, l.l_pid < 0 ? l.l_pid : !!l.l_pid);
  return r;
}
int main(void) {
  int a = open("file", O_CREAT | O_RDWR, 0600), b = open("file", O_RDWR), d = dup(a);
  setbuf(stdout, 0);
  P("a", lock(a, F_OFD_SETLK, F_WRLCK, 0, 10));
  P("b conflicts", lock(b, F_OFD_SETLK, F_RDLCK, 5, 1));
  P("duplicate does not", lock(d, F_OFD_SETLK, F_RDLCK, 5, 1));
  P("b tests", lock(b, F_OFD_GETLK, F_WRLCK, 0, 0));
  P("b tests POSIX", lock(b, F_GETLK, F_WRLCK, 0, 0));
  P("POSIX conflicts", lock(a, F_SETLK, F_RDLCK, 0, 1));
  struct flock l = {.l_type = F_WRLCK, .l_pid = 1};
  P("pid must be 0", fcntl(a, F_OFD_SETLK, &l));
  close(open("file", O_RDONLY));
  P("closing others leaves it", lock(b, F_OFD_SETLK, F_WRLCK, 0, 1));
  if (fork() == 0) {
    P("child owns it too", lock(a, F_OFD_SETLK, F_UNLCK, 0, 5));
    _exit(0);
  }
  wait(0);
  P("child's unlock counts", lock(b, F_OFD_SETLK, F_WRLCK, 0, 5));
  close(a);
  P("duplicate still holds", lock(b, F_OFD_SETLK, F_WRLCK, 7, 1));
  close(d);
  P("last one closed", lock(b, F_OFD_SETLK, F_WRLCK, 7, 1));
  int c = open("file", O_RDWR);
  if (fork() == 0) {
    close(c);
    usleep(50000);
    lock(b, F_OFD_SETLK, F_UNLCK, 0, 0);
    _exit(0);
  }
  P("waits", lock(c, F_OFD_SETLKW, F_WRLCK, 0, 0));
  wait(0);
  return 0;
}
