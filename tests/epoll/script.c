// Runs a script of calls on numbered slots and prints each result. Slot n is descriptor 100 + n.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#define BASE 100

static void put(int fd, int slot) {
  if (fd < 0) return;
  dup2(fd, BASE + slot);
  close(fd);
}
static void result(const char *op, long r) {
  int e = errno;
  if (r < 0) printf("%s %s\n", op, strerrorname_np(e));
  else printf("%s %ld\n", op, r);
}

int main(void) {
  char op[8], block[8192] = {0};
  long a, b, c, d;
  signal(SIGPIPE, SIG_IGN);
  while (scanf("%7s %ld %ld %ld %ld", op, &a, &b, &c, &d) == 5) {
    int pair[2];
    struct epoll_event e = {.events = (uint32_t)c, .data.u64 = (uint64_t)d};
    if (!strcmp(op, "epoll")) put(epoll_create1(0), a);
    else if (!strcmp(op, "event")) put(eventfd(b, EFD_NONBLOCK | (c ? EFD_SEMAPHORE : 0)), a);
    else if (!strcmp(op, "pipe")) {
      pipe2(pair, O_NONBLOCK);
      put(pair[0], a);
      put(pair[1], b);
    } else if (!strcmp(op, "pair")) {
      static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
      socketpair(AF_UNIX, types[c % 3] | SOCK_NONBLOCK, 0, pair);
      put(pair[0], a);
      put(pair[1], b);
    } else if (!strcmp(op, "add")) result(op, epoll_ctl(BASE + a, EPOLL_CTL_ADD, BASE + b, &e));
    else if (!strcmp(op, "mod")) result(op, epoll_ctl(BASE + a, EPOLL_CTL_MOD, BASE + b, &e));
    else if (!strcmp(op, "del")) result(op, epoll_ctl(BASE + a, EPOLL_CTL_DEL, BASE + b, &e));
    else if (!strcmp(op, "wait")) {
      struct epoll_event got[32];
      int n = epoll_wait(BASE + a, got, b, 0);
      result(op, n);
      for (int i = 0; i < n; i++) printf(" %x:%lld", got[i].events, (long long)got[i].data.u64);
      if (n > 0) printf("\n");
    } else if (!strcmp(op, "read")) result(op, read(BASE + a, block, b));
    else if (!strcmp(op, "write")) {
      uint64_t one = 1;
      memcpy(block, &one, 8);
      result(op, write(BASE + a, block, b));
    } else if (!strcmp(op, "shut")) result(op, shutdown(BASE + a, b));
    else if (!strcmp(op, "close")) result(op, close(BASE + a));
    else if (!strcmp(op, "dup")) result(op, dup2(BASE + a, BASE + b));
    else if (!strcmp(op, "reset")) {
      close_range(BASE, BASE + 99, 0);
      printf("reset\n");
    }
  }
  return 0;
}
