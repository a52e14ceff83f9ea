// Pipes: reading, end of file, EPIPE and SIGPIPE, errors of the calls.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../print.h"
static int got;
static void h(int s) { got = s; }
int main(void) {
  int p[2];
  char b[64] = {0};
  P("pipe", pipe(p));
  printf("fds %d %d\n", p[0], p[1]);
  printf("write %zd\n", write(p[1], "hello", 5));
  printf("read 2: %zd %.2s\n", read(p[0], b, 2), b);
  printf("read 64: %zd %.3s\n", read(p[0], b, 64), b);
  P("read wrong end", read(p[1], b, 1));
  P("write wrong end", write(p[0], b, 1));
  printf("read 0: %zd\n", read(p[0], b, 0));
  printf("write 0: %zd\n", write(p[1], b, 0));
  P("lseek", lseek(p[0], 0, SEEK_SET));
  P("pread", pread(p[0], b, 1, 0));
  P("pwrite", pwrite(p[1], b, 1, 0));
  P("ftruncate", ftruncate(p[1], 0));
  P("fsync", fsync(p[1]));
  struct stat st;
  fstat(p[0], &st);
  printf("mode %o size %ld nlink %ld blksize %ld\n", st.st_mode, (long)st.st_size, (long)st.st_nlink, (long)st.st_blksize);
  close(p[1]);
  printf("eof %zd\n", read(p[0], b, 4));
  close(p[0]);
  signal(SIGPIPE, h);
  pipe(p);
  close(p[0]);
  printf("epipe %zd %d sig %d\n", write(p[1], "x", 1), errno, got);
  got = 0;
  printf("write 0 without reader %zd sig %d\n", write(p[1], "x", 0), got);
  close(p[1]);
  P("pipe2 bad flags", pipe2(p, O_APPEND));
  P("pipe fault", pipe((int *)8));
  pipe2(p, O_CLOEXEC | O_NONBLOCK);
  printf("cloexec %d %d flags %o %o\n", fcntl(p[0], F_GETFD), fcntl(p[1], F_GETFD), fcntl(p[0], F_GETFL), fcntl(p[1], F_GETFL));
  printf("lowest free %d %d\n", p[0], p[1]);
  P("nonblock empty", read(p[0], b, 1));
  signal(SIGPIPE, SIG_DFL);
  close(p[0]);
  fflush(stdout);
  write(p[1], "x", 1);
  return 0;
}
