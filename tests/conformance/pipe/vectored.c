// readv and writev on pipes, faults in the middle.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include "../print.h"
int main(void) {
  int p[2];
  pipe2(p, O_NONBLOCK);
  char a[4] = {0}, b[8] = {0}, c[16] = {0};
  struct iovec w[3] = {{"abc", 3}, {"", 0}, {"defghij", 7}};
  printf("writev %zd\n", writev(p[1], w, 3));
  struct iovec r[3] = {{a, 2}, {b, 5}, {c, 15}};
  printf("readv %zd %s %s %s\n", readv(p[0], r, 3), a, b, c);
  P("readv empty", readv(p[0], r, 3));
  printf("count 0: %zd\n", readv(p[0], r, 0));
  P("count -1", readv(p[0], r, -1));
  P("count 1025", readv(p[0], r, 1025));
  struct iovec neg[1] = {{a, (size_t)-1}};
  P("negative length", readv(p[0], neg, 1));
  char *m = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(m + 4096, 4096);
  memset(m, 'z', 4096);
  P("write fault at once", write(p[1], m + 4096, 10));
  P("nothing in pipe", read(p[0], c, 1));
  write(p[1], "0123456789", 10);
  P("read fault at once", read(p[0], m + 4096, 10));
  printf("still there %zd\n", read(p[0], c, 15));
  return 0;
}
