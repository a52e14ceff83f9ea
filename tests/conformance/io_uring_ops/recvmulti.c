// Multishot RECV and RECVMSG, RECVMSG with chosen buffers, limits, how they end.
#include "common.h"
static char mem[32][256];
static struct buf_ring br;
struct out { uint32_t namelen, controllen, payloadlen, flags; };
static struct io_uring_sqe *multi(struct io_uring_sqe *q, int group) {
  q->flags |= IOSQE_BUFFER_SELECT, q->buf_group = group, q->ioprio |= MULTISHOT;
  return q;
}
static void drain(struct ring *r, const char *what) {
  settle();
  enter(r, 0, 0, IORING_ENTER_GETEVENTS);
  while (ready(r)) show(r, what, 1);
}
int main(void) {
  struct ring r;
  ring_init(&r, 32, 0);
  int s[2], i;
  result("ring", br_init(&r, &br, 32, 1, 0));
  for (int tcp = 0; tcp < 2; tcp++) {
    printf("%s\n", tcp ? "tcp" : "unix");
    *br_tail(&br) = 0;
    struct buf_reg a = {.bgid = 1};
    reg(&r, 23, &a, 1), br_init(&r, &br, 32, 1, 0);
    tcp ? tcp_pair(s) : pair(s, SOCK_STREAM);
    for (i = 0; i < 6; i++) br_add(&br, mem[i], 16, i);
    multi(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 1), 1);
    submit(&r);
    quiet(&r, "waits");
    write(s[0], "one", 3), drain(&r, "one");
    write(s[0], "two", 3), drain(&r, "two");
    write(s[0], "a longer piece of thirty bytes", 30), drain(&r, "in pieces");
    printf("%.3s %.3s %.16s%.14s\n", mem[0], mem[1], mem[2], mem[3]);
    write(s[0], "another longer piece of thirty-six..", 36), drain(&r, "too few buffers");
    for (i = 0; i < 8; i++) br_add(&br, mem[i], 16, 10 + i);
    multi(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 2), 1);
    submit(&r), drain(&r, "what was left");
    sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)2, 0, 0, 3);
    go(&r, "cancelled", 2);
    multi(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 4), 1);
    submit(&r);
    write(s[0], "last", 4), drain(&r, "last");
    shutdown(s[0], SHUT_WR), drain(&r, "end");
    close(s[0]), close(s[1]);
    // a length limits each, optlen all
    tcp ? tcp_pair(s) : pair(s, SOCK_STREAM);
    for (i = 0; i < 8; i++) br_add(&br, mem[8 + i], 16, 20 + i);
    multi(sqe(&r, IORING_OP_RECV, s[1], 0, 5, 0, 5), 1);
    submit(&r);
    write(s[0], "twelve bytes", 12), drain(&r, "5 at most");
    sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)5, 0, 0, 6), go(&r, "cancelled", 2);
    multi(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 7), 1)->file_index = 20;
    submit(&r);
    write(s[0], "twelve bytes", 12), drain(&r, "20 in all");
    write(s[0], "twelve bytes", 12), drain(&r, "20 in all");
    close(s[0]), close(s[1]);
    drain(&r, "closed");
  }
  // refused
  pair(s, SOCK_STREAM);
  sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 10)->ioprio = MULTISHOT, go(&r, "no group", 1);
  multi(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 10), 1)->msg_flags = MSG_WAITALL, go(&r, "WAITALL", 1);
  multi(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 10), 1)->ioprio |= FIXED_BUF, go(&r, "FIXED_BUF", 1);
  // RECVMSG
  struct buf_ring mr;
  result("ring", br_init(&r, &mr, 16, 2, 0));
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, b = a;
  socklen_t n = sizeof a;
  int u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
  bind(u, (void *)&a, sizeof a), getsockname(u, (void *)&a, &n);
  bind(v, (void *)&b, sizeof b), getsockname(v, (void *)&b, &n);
  setsockopt(u, SOL_IP, IP_PKTINFO, &one, sizeof one);
  for (i = 0; i < 8; i++) br_add(&mr, mem[i], 128, i);
  memset(mem, '.', sizeof mem);
  struct msghdr h = {.msg_namelen = sizeof a, .msg_controllen = 40};
  multi(sqe(&r, IORING_OP_RECVMSG, u, &h, 0, 0, 11), 2);
  submit(&r);
  for (i = 0; i < 3; i++) {
    char text[100];
    memset(text, 'a' + i, 100);
    sendto(v, text, 10 + 40 * i, 0, (void *)&a, sizeof a);
    struct io_uring_cqe c = wait_cqe(&r);
    print_cqe("recvmsg", c);
    struct out *o = (void *)mem[c.flags >> 16];
    struct sockaddr_in *from = (void *)(o + 1);
    struct cmsghdr *cm = (void *)((char *)(o + 1) + sizeof a);
    printf("name %u control %u payload %u flags %x from v %d cmsg %zu %d %d data %.10s\n", o->namelen, o->controllen, o->payloadlen, o->flags,
      from->sin_port == b.sin_port, (size_t)cm->cmsg_len, cm->cmsg_level, cm->cmsg_type, (char *)(o + 1) + sizeof a + 40);
  }
  sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)11, 0, 0, 12), go(&r, "cancelled", 2);
  // a header that leaves no room
  h = (struct msghdr){.msg_namelen = 64, .msg_controllen = 64};
  multi(sqe(&r, IORING_OP_RECVMSG, u, &h, 0, 0, 13), 2);
  submit(&r);
  sendto(v, "x", 1, 0, (void *)&a, sizeof a), drain(&r, "no room");
  h = (struct msghdr){.msg_namelen = -1};
  multi(sqe(&r, IORING_OP_RECVMSG, u, &h, 0, 0, 14), 2), go(&r, "negative name", 1);
  h = (struct msghdr){.msg_controllen = 0x7fffffff, .msg_namelen = 100};
  multi(sqe(&r, IORING_OP_RECVMSG, u, &h, 0, 0, 14), 2), go(&r, "overflow", 1);
  multi(sqe(&r, IORING_OP_RECVMSG, u, (void *)8, 0, 0, 14), 2), go(&r, "efault", 1);
  struct iovec io[2] = {{mem[20], 8}, {mem[21], 8}};
  h = (struct msghdr){.msg_iov = io, .msg_iovlen = 2};
  multi(sqe(&r, IORING_OP_RECVMSG, u, &h, 0, 0, 14), 2), go(&r, "two vectors", 1);
  multi(sqe(&r, IORING_OP_RECVMSG, u, &h, 0, 0, 14), 2)->ioprio |= BUNDLE, go(&r, "bundle", 1);
  // one RECVMSG with a chosen buffer
  h = (struct msghdr){.msg_iov = io, .msg_iovlen = 1};
  struct io_uring_sqe *q = sqe(&r, IORING_OP_RECVMSG, u, &h, 0, 0, 15);
  q->flags = IOSQE_BUFFER_SELECT, q->buf_group = 2;
  go(&r, "the one that found no room", 1);
  sendto(v, "truncated", 9, 0, (void *)&a, sizeof a), settle();
  q = sqe(&r, IORING_OP_RECVMSG, u, &h, 0, 0, 15);
  q->flags = IOSQE_BUFFER_SELECT, q->buf_group = 2;
  go(&r, "one", 1);
  printf("flags %x\n", h.msg_flags);
  // a multishot on a datagram socket that gets an empty message
  h = (struct msghdr){0};
  multi(sqe(&r, IORING_OP_RECVMSG, u, &h, 0, 0, 16), 2), submit(&r);
  sendto(v, "", 0, 0, (void *)&a, sizeof a), drain(&r, "empty");
  sendto(v, "more", 4, 0, (void *)&a, sizeof a), drain(&r, "then");
  ring_exit(&r);
}
