// Bundles: one receive or send that takes several buffers of a ring.
#include "common.h"
static char mem[64][64];
static struct buf_ring br;
static struct io_uring_sqe *choose(struct io_uring_sqe *q, int group) {
  q->flags |= IOSQE_BUFFER_SELECT, q->buf_group = group, q->ioprio |= BUNDLE;
  return q;
}
static void status(struct ring *r) {
  uint32_t st[10] = {1};
  int e = reg(r, 26, st, 1);
  printf("status %d head %u tail %u\n", e, st[1], *br_tail(&br));
}
static void drain(struct ring *r, const char *what) {
  settle();
  enter(r, 0, 0, IORING_ENTER_GETEVENTS);
  while (ready(r)) show(r, what, 1);
}
static void entries(int from, int n) {
  for (int i = from; i < from + n; i++) printf(" %u:%u", br.b[i & br.mask].bid, br.b[i & br.mask].len);
  printf("\n");
}
int main(void) {
  struct ring r;
  ring_init(&r, 32, 0);
  int s[2], i;
  char text[512];
  for (i = 0; i < 512; i++) text[i] = 'A' + i % 50;
  for (int tcp = 0; tcp < 2; tcp++) {
    printf("%s\n", tcp ? "tcp" : "unix");
    struct buf_reg a = {.bgid = 1};
    reg(&r, 23, &a, 1), br_init(&r, &br, 16, 1, 0);
    tcp ? tcp_pair(s) : pair(s, SOCK_STREAM);
    for (i = 0; i < 8; i++) br_add(&br, mem[i], 32, i);
    write(s[0], text, 20), settle();
    choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 1), 1), go(&r, "less than one", 1), status(&r);
    write(s[0], text, 100), settle();
    choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 2), 1), go(&r, "over several", 1), status(&r);
    entries(0, 8);
    drain(&r, "rest");
    for (i = 8; i < 14; i++) br_add(&br, mem[i], 32, i);
    write(s[0], text, 70), settle();
    choose(sqe(&r, IORING_OP_RECV, s[1], 0, 50, 0, 3), 1), go(&r, "50 at most", 1), status(&r);
    choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 4), 1), go(&r, "the rest", 1), status(&r);
    entries(0, 14);
    // waiting
    choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 5), 1), submit(&r);
    write(s[0], text, 40), drain(&r, "waited"), status(&r);
    // fewer buffers than data
    write(s[0], text, 500), settle();
    choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 6), 1), go(&r, "all buffers", 1), status(&r);
    choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 7), 1), go(&r, "none left", 1);
    while (recv(s[1], text + 256, 256, MSG_DONTWAIT) > 0) ;
    // multishot
    for (i = 0; i < 512; i++) text[i] = 'A' + i % 50;
    for (i = 0; i < 12; i++) br_add(&br, mem[i], 32, 20 + i);
    choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 8), 1)->ioprio |= MULTISHOT, submit(&r);
    write(s[0], text, 10), drain(&r, "multishot 10"), status(&r);
    write(s[0], text, 70), drain(&r, "multishot 70"), status(&r);
    write(s[0], text, 100), drain(&r, "multishot 100"), status(&r);
    write(s[0], text, 300), drain(&r, "multishot 300"), status(&r);
    close(s[0]), close(s[1]);
    drain(&r, "closed");
    // sending
    tcp ? tcp_pair(s) : pair(s, SOCK_STREAM);
    reg(&r, 23, &a, 1), br_init(&r, &br, 16, 1, 0);
    for (i = 0; i < 3; i++) br_add(&br, text + 10 * i, 10, i);
    choose(sqe(&r, IORING_OP_SEND, s[0], 0, 0, 0, 9), 1), go(&r, "send bundle", 1), drain(&r, "and"), status(&r);
    printf("got %zd\n", recv(s[1], mem, sizeof mem, MSG_DONTWAIT));
    for (i = 0; i < 3; i++) br_add(&br, text + 10 * i, 10, 5 + i);
    choose(sqe(&r, IORING_OP_SEND, s[0], 0, 15, 0, 10), 1), go(&r, "15 at most", 1), drain(&r, "and"), status(&r);
    printf("got %zd\n", recv(s[1], mem, sizeof mem, MSG_DONTWAIT));
    struct io_uring_sqe *q = sqe(&r, IORING_OP_SEND, s[0], 0, 0, 0, 11);
    for (i = 0; i < 2; i++) br_add(&br, text + 10 * i, 10, 8 + i);
    q->flags = IOSQE_BUFFER_SELECT, q->buf_group = 1;
    go(&r, "send of one", 1), status(&r);
    printf("got %zd\n", recv(s[1], mem, sizeof mem, MSG_DONTWAIT));
    q = sqe(&r, IORING_OP_SEND, s[0], 0, 5, 0, 12);
    q->flags = IOSQE_BUFFER_SELECT, q->buf_group = 1;
    go(&r, "send of 5 of one", 1), status(&r);
    q = sqe(&r, IORING_OP_SEND, s[0], 0, 5, 0, 13);
    q->flags = IOSQE_BUFFER_SELECT, q->buf_group = 1;
    go(&r, "none", 1), status(&r);
    q = sqe(&r, IORING_OP_SEND, s[0], 0, 5, 0, 13);
    q->flags = IOSQE_BUFFER_SELECT, q->buf_group = 44;
    go(&r, "no group", 1);
    // legacy buffers
    q = sqe(&r, IORING_OP_PROVIDE_BUFFERS, 2, mem, 64, 0, 14), q->buf_group = 2;
    go(&r, "provide", 1);
    choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 15), 2), go(&r, "bundle of a provided one", 1);
    q = sqe(&r, IORING_OP_SEND, s[0], 0, 10, 0, 16);
    q->flags = IOSQE_BUFFER_SELECT, q->buf_group = 2;
    go(&r, "send of a provided one", 1);
    close(s[0]), close(s[1]);
  }
}
