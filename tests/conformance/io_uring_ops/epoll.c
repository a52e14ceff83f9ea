// EPOLL_CTL and EPOLL_WAIT.
#include "common.h"
int main(void) {
  struct ring r;
  ring_init(&r, 16, 0);
  int ep = epoll_create1(0), p[2], p2[2];
  pipe(p), pipe(p2);
  struct epoll_event ev = {.events = EPOLLIN, .data.u64 = 11}, got[4];
  sqe(&r, IORING_OP_EPOLL_CTL, ep, &ev, EPOLL_CTL_ADD, p[0], 1), go(&r, "add", 1);
  sqe(&r, IORING_OP_EPOLL_CTL, ep, &ev, EPOLL_CTL_ADD, p[0], 1), go(&r, "add twice", 1);
  ev.data.u64 = 22;
  sqe(&r, IORING_OP_EPOLL_CTL, ep, &ev, EPOLL_CTL_ADD, p2[0], 1), go(&r, "add", 1);
  ev.data.u64 = 33;
  sqe(&r, IORING_OP_EPOLL_CTL, ep, &ev, EPOLL_CTL_MOD, p2[0], 1), go(&r, "mod", 1);
  sqe(&r, IORING_OP_EPOLL_CTL, ep, (void *)8, EPOLL_CTL_MOD, p2[0], 1), go(&r, "efault", 1);
  sqe(&r, IORING_OP_EPOLL_CTL, ep, 0, EPOLL_CTL_DEL, 99, 1), go(&r, "del none", 1);
  sqe(&r, IORING_OP_EPOLL_CTL, ep, &ev, 9, p[0], 1), go(&r, "op", 1);
  sqe(&r, IORING_OP_EPOLL_CTL, p[0], &ev, EPOLL_CTL_ADD, p[1], 1), go(&r, "no epoll", 1);
  sqe(&r, IORING_OP_EPOLL_CTL, ep, &ev, EPOLL_CTL_ADD, p[0], 1)->buf_index = 1, go(&r, "buf_index", 1);
  sqe(&r, IORING_OP_EPOLL_CTL, 99, &ev, EPOLL_CTL_ADD, p[0], 1), go(&r, "no file", 1);
  // waiting
  sqe(&r, OP_EPOLL_WAIT, ep, got, 4, 0, 2), submit(&r);
  quiet(&r, "waits");
  write(p2[1], "x", 1);
  show(&r, "one", 1), printf("%llu %x\n", (unsigned long long)got[0].data.u64, got[0].events);
  write(p[1], "x", 1);
  sqe(&r, OP_EPOLL_WAIT, ep, got, 4, 0, 3), go(&r, "two", 1), printf("%llu %llu\n", (unsigned long long)got[0].data.u64, (unsigned long long)got[1].data.u64);
  sqe(&r, OP_EPOLL_WAIT, ep, got, 1, 0, 3), go(&r, "one at most", 1);
  sqe(&r, OP_EPOLL_WAIT, ep, got, 0, 0, 4), go(&r, "none", 1);
  sqe(&r, OP_EPOLL_WAIT, ep, (void *)8, 4, 0, 4), go(&r, "efault", 1);
  sqe(&r, OP_EPOLL_WAIT, p[0], got, 4, 0, 4), go(&r, "no epoll", 1);
  sqe(&r, OP_EPOLL_WAIT, ep, got, 4, 1, 4), go(&r, "off", 1);
  sqe(&r, OP_EPOLL_WAIT, ep, got, 4, 0, 4)->rw_flags = 1, go(&r, "flags", 1);
  sqe(&r, OP_EPOLL_WAIT, ep, got, 4, 0, 4)->buf_index = 1, go(&r, "buf_index", 1);
  sqe(&r, OP_EPOLL_WAIT, ep, got, 4, 0, 4)->splice_fd_in = 1, go(&r, "splice_fd_in", 1);
  char b[4];
  read(p[0], b, 4), read(p2[0], b, 4);
  sqe(&r, OP_EPOLL_WAIT, ep, got, 4, 0, 5), submit(&r);
  sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)5, 0, 0, 6), go(&r, "cancelled", 2);
  sqe(&r, IORING_OP_EPOLL_CTL, ep, 0, EPOLL_CTL_DEL, p[0], 7), go(&r, "del", 1);
  // the ring within an epoll
  ev.data.u64 = 44;
  epoll_ctl(ep, EPOLL_CTL_ADD, r.fd, &ev);
  printf("%d ready\n", epoll_wait(ep, got, 4, 0));
  sqe(&r, IORING_OP_NOP, 0, 0, 0, 0, 8), submit(&r);
  int n = epoll_wait(ep, got, 4, 0);
  printf("%d ready, %llu\n", n, (unsigned long long)got[0].data.u64);
}
