// Cancelling and timing out of what waits for sockets and pipes, in poll and in workers; what was transferred before counts.
#include "common.h"
static void sorted(struct ring *r, const char *what, int n) {
  struct io_uring_cqe c[8];
  for (int i = 0; i < n; i++) c[i] = wait_cqe(r);
  for (unsigned d = 0; d < 100; d++)
    for (int i = 0; i < n; i++) if (c[i].user_data == d) print_cqe(what, c[i]);
}
int main(void) {
  struct ring r;
  ring_init(&r, 16, 0);
  int s[2], p[2], t[2];
  char b[256];
  struct __kernel_timespec ts = {0, 30000000};
  struct io_uring_sqe *q;
  for (int async = 0; async < 2; async++) {
    printf("%s\n", async ? "async" : "poll");
    int flags = async ? IOSQE_ASYNC : 0;
    pair(s, SOCK_STREAM);
    sqe(&r, IORING_OP_RECV, s[1], b, 10, 0, 1)->flags = flags, submit(&r), settle();
    sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)1, 0, 0, 2), submit(&r), sorted(&r, "recv cancelled", 2);
    // part of a WAITALL has come
    q = sqe(&r, IORING_OP_RECV, s[1], b, 10, 0, 3), q->flags = flags, q->msg_flags = MSG_WAITALL, submit(&r);
    write(s[0], "abcd", 4), settle();
    sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)3, 0, 0, 4), submit(&r), sorted(&r, "part of it", 2);
    printf("%zd left\n", recv(s[1], b, 64, MSG_DONTWAIT));
    // by descriptor, all
    for (int i = 5; i < 8; i++) sqe(&r, IORING_OP_RECV, s[1], b, 10, 0, i)->flags = flags;
    submit(&r), settle();
    sqe(&r, IORING_OP_ASYNC_CANCEL, s[1], 0, 0, 0, 8)->cancel_flags = 3, submit(&r), sorted(&r, "all of a descriptor", 4);
    // a timeout
    sqe(&r, IORING_OP_RECV, s[1], b, 10, 0, 9)->flags = flags | IOSQE_IO_LINK;
    sqe(&r, IORING_OP_LINK_TIMEOUT, -1, &ts, 1, 0, 10), submit(&r), sorted(&r, "timed out", 2);
    sqe(&r, IORING_OP_RECV, s[1], b, 10, 0, 11)->flags = flags | IOSQE_IO_LINK;
    sqe(&r, IORING_OP_LINK_TIMEOUT, -1, &ts, 1, 0, 12), submit(&r), write(s[0], "in time", 7), sorted(&r, "in time", 2);
    // accept
    struct sockaddr_in a;
    int l = tcp_listener(&a);
    sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 13)->flags = flags | IOSQE_IO_LINK;
    sqe(&r, IORING_OP_LINK_TIMEOUT, -1, &ts, 1, 0, 14), submit(&r), sorted(&r, "accept timed out", 2);
    close(l);
    // a splice sleeps in a worker
    pipe(p), pipe(t);
    q = sqe(&r, IORING_OP_SPLICE, t[1], (void *)-1l, 100, -1, 15), q->splice_fd_in = p[0], submit(&r), settle();
    sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)15, 0, 0, 16), submit(&r);
    struct io_uring_cqe c = wait_cqe(&r), d = wait_cqe(&r);
    if (c.user_data == 16) { struct io_uring_cqe x = c; c = d, d = x; }
    printf("splice: %d, cancel %d\n", c.res, d.res);
    // a send that waits for room
    int n = 0;
    while (send(s[0], b, 256, MSG_DONTWAIT) > 0) n++;
    sqe(&r, IORING_OP_SEND, s[0], b, 256, 0, 17)->flags = flags, submit(&r), settle();
    sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)17, 0, 0, 18), submit(&r), sorted(&r, "send cancelled", 2);
    close(s[0]), close(s[1]), close(p[0]), close(p[1]), close(t[0]), close(t[1]);
  }
  // the ring goes while all of it waits
  pair(s, SOCK_STREAM);
  sqe(&r, IORING_OP_RECV, s[1], b, 10, 0, 1), sqe(&r, IORING_OP_RECV, s[1], b, 10, 0, 2)->flags = IOSQE_ASYNC, submit(&r);
  settle(), ring_exit(&r), settle();
  write(s[0], "not eaten", 9);
  printf("%zd\n", recv(s[1], b, 64, MSG_DONTWAIT));
}
