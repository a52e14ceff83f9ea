// SEND_ZC and SENDMSG_ZC: the result and the notification behind it, with registered buffers too, and what is refused.
#include "common.h"
static char big[65536];
static void both(struct ring *r, const char *what) {
  struct io_uring_cqe c = wait_cqe(r);
  print_cqe(what, c);
  if (c.flags & F_MORE) {
    c = wait_cqe(r);
    // Whether loopback copies is its own affair.
    if (c.res == 1u << 31) c.res = 0;
    print_cqe(what, c);
  }
}
int main(void) {
  struct ring r;
  ring_init(&r, 16, 0);
  int s[2];
  char b[64];
  struct io_uring_sqe *q;
  tcp_pair(s);
  sqe(&r, OP_SEND_ZC, s[0], "zero copy", 9, 0, 1), submit(&r);
  recv(s[1], b, 9, MSG_WAITALL), printf("%.9s\n", b);
  both(&r, "send_zc");
  sqe(&r, OP_SEND_ZC, s[0], big, sizeof big, 0, 2)->ioprio = REPORT_USAGE, submit(&r);
  printf("%zd\n", recv(s[1], big, sizeof big, MSG_WAITALL));
  both(&r, "report");
  struct iovec v = {big, sizeof big};
  result("register", reg(&r, IORING_REGISTER_BUFFERS, &v, 1));
  q = sqe(&r, OP_SEND_ZC, s[0], big + 100, 1000, 0, 3), q->ioprio = FIXED_BUF, q->buf_index = 0, submit(&r);
  printf("%zd\n", recv(s[1], b, 64, MSG_WAITALL)), recv(s[1], big, 936, MSG_WAITALL);
  both(&r, "fixed");
  q = sqe(&r, OP_SEND_ZC, s[0], big, sizeof big + 1, 0, 4), q->ioprio = FIXED_BUF, submit(&r), both(&r, "beyond the buffer");
  q = sqe(&r, OP_SEND_ZC, s[0], big, 1, 0, 4), q->ioprio = FIXED_BUF, q->buf_index = 1, submit(&r), both(&r, "no such buffer");
  sqe(&r, OP_SEND_ZC, s[0], (void *)8, 10, 0, 5), submit(&r), both(&r, "efault");
  sqe(&r, OP_SEND_ZC, s[0], big, 10, 0, 6)->flags = IOSQE_CQE_SKIP_SUCCESS, submit(&r), both(&r, "skip");
  sqe(&r, OP_SEND_ZC, s[0], big, 10, 0, 6)->ioprio = 0x40, submit(&r), both(&r, "ioprio");
  q = sqe(&r, OP_SEND_ZC, s[0], big, 10, 0, 6), *(uint64_t *)((char *)q + 48) = 1, submit(&r), both(&r, "addr3");
  q = sqe(&r, OP_SEND_ZC, s[0], big, 10, 0, 6), *(uint64_t *)((char *)q + 56) = 1, submit(&r), both(&r, "pad");
  sqe(&r, OP_SEND_ZC, 0, big, 10, 0, 7), submit(&r), both(&r, "no socket");
  int u[2];
  pair(u, SOCK_STREAM);
  sqe(&r, OP_SEND_ZC, u[0], big, 10, 0, 8), submit(&r), both(&r, "unix");
  // SENDMSG_ZC
  struct iovec out[2] = {{"hello ", 6}, {"world", 5}};
  struct msghdr h = {.msg_iov = out, .msg_iovlen = 2};
  sqe(&r, OP_SENDMSG_ZC, s[0], &h, 1, 0, 9), submit(&r);
  recv(s[1], b, 11, MSG_WAITALL), printf("%.11s\n", b);
  both(&r, "sendmsg_zc");
  sqe(&r, OP_SENDMSG_ZC, s[0], &h, 1, 1, 10), submit(&r), both(&r, "addr2");
  sqe(&r, OP_SENDMSG_ZC, s[0], (void *)8, 1, 0, 10), submit(&r), both(&r, "efault");
  sqe(&r, OP_SENDMSG_ZC, u[0], &h, 1, 0, 10), submit(&r), both(&r, "unix");
  struct iovec fx[2] = {{big, 6}, {big + 10, 5}};
  h.msg_iov = fx;
  q = sqe(&r, OP_SENDMSG_ZC, s[0], &h, 1, 0, 11), q->ioprio = FIXED_BUF, submit(&r);
  printf("%zd\n", recv(s[1], b, 11, MSG_WAITALL));
  both(&r, "fixed vectors");
  fx[1].iov_base = b;
  q = sqe(&r, OP_SENDMSG_ZC, s[0], &h, 1, 0, 11), q->ioprio = FIXED_BUF, submit(&r), both(&r, "vectors outside");
  sqe(&r, OP_SEND_ZC, s[0], out, 2, 0, 12)->ioprio = VECTORIZED, submit(&r);
  printf("%zd\n", recv(s[1], b, 11, MSG_WAITALL));
  both(&r, "vectorized");
  // datagrams
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int x = socket(AF_INET, SOCK_DGRAM, 0), y = socket(AF_INET, SOCK_DGRAM, 0);
  socklen_t n = sizeof a;
  bind(x, (void *)&a, sizeof a), getsockname(x, (void *)&a, &n);
  q = sqe(&r, OP_SEND_ZC, y, "datagram", 8, (uintptr_t)&a, 13), ((uint16_t *)&q->splice_fd_in)[0] = sizeof a, submit(&r);
  printf("%zd\n", recv(x, b, 64, 0));
  both(&r, "udp");
  sqe(&r, OP_SEND_ZC, y, "datagram", 8, 0, 14), submit(&r), both(&r, "not connected");
  // linked
  q = sqe(&r, OP_SEND_ZC, s[0], "a", 1, 0, 15), q->flags = IOSQE_IO_LINK;
  sqe(&r, IORING_OP_NOP, 0, 0, 0, 0, 16), submit(&r);
  recv(s[1], b, 1, 0);
  int seen[3] = {0};
  for (int i = 0; i < 3; i++) { struct io_uring_cqe c = wait_cqe(&r); seen[c.user_data == 16 ? 2 : c.flags & F_NOTIF ? 1 : 0]++; }
  printf("linked: %d %d %d\n", seen[0], seen[1], seen[2]);
  // broken
  close(s[1]), settle(), send(s[0], "x", 1, MSG_NOSIGNAL), settle();
  sqe(&r, OP_SEND_ZC, s[0], "a", 1, 0, 17), submit(&r), both(&r, "broken");
}
