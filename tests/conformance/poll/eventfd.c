// eventfd: counter, semaphore, limits, readiness.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
static int mask(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT};
  poll(&p, 1, 0);
  return p.revents;
}
int main(void) {
  uint64_t v;
  int e = eventfd(3, EFD_NONBLOCK);
  printf("poll %x\n", mask(e));
  P("read", read(e, &v, 8));
  printf("%lu poll %x\n", v, mask(e));
  P("again", read(e, &v, 8));
  v = 5;
  P("write", write(e, &v, 8));
  P("write", write(e, &v, 8));
  P("short read", read(e, &v, 7));
  P("short write", write(e, &v, 7));
  char b[16] = {0};
  P("long read", read(e, b, 16));
  printf("%d\n", b[0]);
  v = ~0ul;
  P("write -1", write(e, &v, 8));
  v = ~0ul - 1;
  P("write max", write(e, &v, 8));
  printf("poll %x\n", mask(e));
  v = 1;
  P("one more", write(e, &v, 8));
  v = 0;
  P("zero more", write(e, &v, 8));
  P("read", read(e, &v, 8));
  printf("%lx poll %x\n", v, mask(e));
  v = ~0ul - 2;
  P("write max - 1", write(e, &v, 8));
  printf("poll %x\n", mask(e));
  v = 1;
  P("one more", write(e, &v, 8));
  P("fault", read(e, (void *)8, 8));
  int s = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
  for (int i = 0; i < 3; i++) {
    v = 99;
    P("semaphore", read(s, &v, 8));
    printf("%lu\n", v);
  }
  P("bad flags", eventfd(0, 0x100));
  int w = eventfd(0, 0);
  if (fork() == 0) {
    usleep(10000);
    v = 42;
    write(w, &v, 8);
    _exit(0);
  }
  P("blocking read", read(w, &v, 8));
  printf("%lu\n", v);
  wait(0);
  v = ~0ul - 1;
  write(w, &v, 8);
  if (fork() == 0) {
    usleep(10000);
    read(w, &v, 8);
    _exit(0);
  }
  v = 7;
  P("blocking write", write(w, &v, 8));
  P("read", read(w, &v, 8));
  printf("%lu\n", v);
  P("lseek", lseek(w, 0, SEEK_CUR));
  return 0;
}
