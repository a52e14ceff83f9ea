// fdinfo's tfd lines and kcmp's KCMP_EPOLL_TFD.
#include "modes.h"
#include <sys/eventfd.h>
#include <sys/syscall.h>
#define KCMP_EPOLL_TFD 7
struct slot {
  uint32_t efd, tfd, toff;
};
static void tfd(int ep) {
  char path[40], line[200];
  sprintf(path, "/proc/self/fdinfo/%d", ep);
  FILE *f = fopen(path, "r");
  while (fgets(line, sizeof line, f)) {
    unsigned fd, ev;
    unsigned long long data, pos;
    if (sscanf(line, "tfd: %u events: %x data: %llx pos:%lld", &fd, &ev, &data, &pos) == 4) {
      // Inode and device are the machine's; the columns before are exact.
      printf("[%.*s]\n", (int)(strstr(line, "ino:") - line), line);
    }
  }
  fclose(f);
}
static long cmp(int fd, int ep, int target, int off) {
  struct slot s = {ep, target, off};
  return syscall(SYS_kcmp, getpid(), getpid(), KCMP_EPOLL_TFD, fd, &s);
}
int main(void) {
  int ep = epoll_create1(0);
  dup2(ep, 200);
  ep = 200;
  dup2(eventfd(0, 0), 100);
  dup2(eventfd(0, 0), 101);
  dup2(100, 102);
  add(ep, 100, EPOLLIN, 0xdeadbeef12345678);
  tfd(ep);
  add(ep, 101, EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, -1);
  del(ep, 100);
  tfd(ep);
  mod(ep, 101, EPOLLIN | EPOLLONESHOT, 0);
  tfd(ep);
  uint64_t v = 1;
  write(101, &v, 8);
  look("one shot", ep);
  tfd(ep);
  say("same", cmp(101, ep, 101, 0));
  say("other", cmp(100, ep, 101, 0) > 0);
  add(ep, 100, EPOLLIN, 1);
  say("a duplicate is the same file", cmp(102, ep, 100, 0));
  say("not registered", cmp(100, ep, 102, 0));
  say("second of one number", cmp(100, ep, 100, 1));
  say("no epoll", cmp(100, 100, 100, 0));
  say("bad epoll", cmp(100, 999, 100, 0));
  say("bad fd", cmp(999, ep, 100, 0));
  say("null", syscall(SYS_kcmp, getpid(), getpid(), KCMP_EPOLL_TFD, 100, 0));
  // Two files under one number.
  dup2(eventfd(0, 0), 103);
  add(ep, 103, EPOLLIN, 1);
  int keep = dup(103);
  dup2(100, 103);
  add(ep, 103, EPOLLIN, 2);
  say("first of two", cmp(keep, ep, 103, 0) == 0 || cmp(keep, ep, 103, 1) == 0);
  say("second of two", cmp(100, ep, 103, 0) == 0 || cmp(100, ep, 103, 1) == 0);
  say("third of two", cmp(100, ep, 103, 2));
  return 0;
}
