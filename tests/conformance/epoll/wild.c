// Wild pointers, numbers and sizes.
#include "modes.h"
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
static long w(int ep, unsigned long e, int max, int timeout) { return syscall(SYS_epoll_wait, ep, e, max, timeout); }
int main(void) {
  int ep = epoll_create1(0), fd = eventfd(1, EFD_NONBLOCK);
  static const unsigned long wild[] = {0, 1, 0xfff, 0x7ffffffff000, 0x7fffffffeff8, 0x800000000000, 0xffff800000000000, -1ul, -4096ul};
  for (unsigned i = 0; i < sizeof wild / sizeof *wild; i++) {
    printf("%#lx\n", wild[i]);
    say("  nothing ready", w(ep, wild[i], 1, 0));
    say("  add", syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, fd, wild[i]));
    say("  del", syscall(SYS_epoll_ctl, ep, EPOLL_CTL_DEL, fd, wild[i]));
    add(ep, fd, EPOLLIN, 1);
    say("  mod", syscall(SYS_epoll_ctl, ep, EPOLL_CTL_MOD, fd, wild[i]));
    say("  ready", w(ep, wild[i], 1, 0));
    look("the event is not lost", ep);
    mod(ep, fd, EPOLLIN | EPOLLET, 2);
    say("  ready, edge", w(ep, wild[i], 1, 0));
    look("nor is an edge", ep);
    mod(ep, fd, EPOLLIN | EPOLLONESHOT, 3);
    say("  ready, one-shot", w(ep, wild[i], 1, 0));
    look("nor is a one-shot", ep);
    del(ep, fd);
    say("  bad epfd first", syscall(SYS_epoll_ctl, -1, EPOLL_CTL_ADD, fd, wild[i]));
  }
  // Half of the array can be written.
  char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(page + 4096, 4096);
  int many[6];
  for (int i = 0; i < 6; i++) add(ep, many[i] = eventfd(1, 0), EPOLLIN | EPOLLET, 10 + i);
  struct epoll_event *e = (void *)(page + 4096 - 3 * sizeof *e - 4);
  say("room for three", w(ep, (unsigned long)e, 6, 0));
  for (int i = 0; i < 3; i++) printf("%#x %llu\n", e[i].events, (unsigned long long)e[i].data.u64);
  say("into the hole", w(ep, (unsigned long)page + 4096 - 4, 6, 0));
  look("the other three", ep);
  mprotect(page, 4096, PROT_READ);
  mod(ep, many[0], EPOLLIN, 1);
  say("read-only", w(ep, (unsigned long)page, 6, 0));
  static const int max[] = {0, -1, -2147483647 - 1, 178956970, 178956971, 2147483647};
  for (int i = 0; i < 6; i++) {
    printf("maxevents %d: ", max[i]);
    static struct epoll_event one[8];
    say("", w(ep, (unsigned long)one, max[i], 0));
  }
  struct epoll_event one;
  static const int fds[] = {-1, 999, 0x7fffffff, -2147483647 - 1};
  for (int i = 0; i < 4; i++) {
    printf("fd %d\n", fds[i]);
    say("  wait", w(fds[i], (unsigned long)&one, 1, 0));
    say("  wait, bad maxevents too", w(fds[i], (unsigned long)&one, 0, 0));
    say("  ctl on", add(fds[i], fd, EPOLLIN, 0));
    say("  ctl of", add(ep, fds[i], EPOLLIN, 0));
    say("  ctl both", add(fds[i], fds[i], EPOLLIN, 0));
  }
  say("not an epoll", w(fd, (unsigned long)&one, 1, 0));
  say("ctl on no epoll", add(fd, ep, EPOLLIN, 0));
  say("ctl of itself", add(ep, ep, EPOLLIN, 0));
  say("del of itself", del(ep, ep));
  for (int op = -1; op < 6; op++) {
    printf("op %d: ", op);
    one.events = EPOLLIN;
    say("", syscall(SYS_epoll_ctl, ep, op, fd, &one));
  }
  for (int size = -1; size < 3; size++) {
    int r = epoll_create(size);
    printf("size %d: %s\n", size, r < 0 ? strerror(errno) : "ok");
    if (r >= 0) close(r);
  }
  say("flags", epoll_create1(1));
  say("nonblock", epoll_create1(O_NONBLOCK));
  return 0;
}
