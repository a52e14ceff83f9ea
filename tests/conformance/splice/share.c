// What splice moves are references: later writes to the file show in the pipe; files that are gone stay readable.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../print.h"
int main(void) {
  int p[2], q[2];
  char b[100] = {0};
  pipe2(p, O_NONBLOCK);
  pipe2(q, O_NONBLOCK);
  int f = memfd_create("m", 0);
  write(f, "first version", 13);
  off_t off = 0;
  P("splice", splice(f, &off, p[1], 0, 13, 0));
  pwrite(f, "SECOND", 6, 0);
  read(p[0], b, 13);
  printf("%s\n", b);
  off = 0;
  splice(f, &off, p[1], 0, 13, 0);
  close(f);
  memset(b, 0, sizeof b);
  read(p[0], b, 13);
  printf("%s\n", b);
  // Appending to a spliced buffer must not reach the file.
  f = memfd_create("n", 0);
  write(f, "abcdef", 6);
  off = 0;
  splice(f, &off, p[1], 0, 3, 0);
  write(p[1], "XYZ", 3);
  memset(b, 0, sizeof b);
  pread(f, b, 10, 0);
  printf("file %s\n", b);
  memset(b, 0, sizeof b);
  read(p[0], b, 100);
  printf("pipe %s\n", b);
  // tee shares, the first pipe keeps its bytes and may grow.
  write(p[1], "hello ", 6);
  P("tee", tee(p[0], q[1], 100, 0));
  write(p[1], "world", 5);
  write(q[1], "you", 3);
  memset(b, 0, sizeof b);
  read(q[0], b, 100);
  printf("copy %s\n", b);
  memset(b, 0, sizeof b);
  read(p[0], b, 100);
  printf("original %s\n", b);
  return 0;
}
