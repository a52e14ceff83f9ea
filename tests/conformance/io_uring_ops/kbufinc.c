// Incremental consumption of buffers (IOU_PBUF_RING_INC), and READ_MULTISHOT.
#include "common.h"
static char mem[8][64];
static struct io_uring_sqe *choose(struct io_uring_sqe *q, int group) {
  q->flags |= IOSQE_BUFFER_SELECT, q->buf_group = group;
  return q;
}
static void status(struct ring *r, int group) {
  uint32_t st[10] = {group};
  int e = reg(r, 26, st, 1);
  printf("status of %d: %d head %u\n", group, e, st[1]);
}
int main(void) {
  struct ring r;
  ring_init(&r, 16, 0);
  int s[2], p[2], i;
  pair(s, SOCK_STREAM);
  struct buf_ring br;
  result("ring", br_init(&r, &br, 4, 1, PBUF_INC));
  br_add(&br, mem[0], 16, 7), br_add(&br, mem[1], 16, 8);
  for (i = 0; i < 3; i++) {
    write(s[0], "abcdefgh", 6 + i);
    choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 1), 1), go(&r, "recv", 1);
    printf("entry 0: +%ld %u; entry 1: +%ld %u\n", (long)(br.b[0].addr - (uintptr_t)mem[0]), br.b[0].len, (long)(br.b[1].addr - (uintptr_t)mem[1]), br.b[1].len);
    status(&r, 1);
  }
  choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 2), 1), go(&r, "the rest", 1);
  printf("%.16s|%.16s\n", mem[0], mem[1]);
  status(&r, 1);
  // reads of a pipe
  pipe(p);
  for (i = 0; i < 3; i++) {
    write(p[1], "PIPE", 4);
    choose(sqe(&r, IORING_OP_READ, p[0], 0, 0, -1, 3), 1), go(&r, "read", 1);
    status(&r, 1);
  }
  // a multishot receive from incremental buffers
  br_add(&br, mem[2], 16, 20), br_add(&br, mem[3], 16, 21);
  choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 4), 1)->ioprio = MULTISHOT;
  submit(&r);
  for (i = 0; i < 6; i++) {
    write(s[0], "123456", 6), settle();
    enter(&r, 0, 0, IORING_ENTER_GETEVENTS);
    while (ready(&r)) show(&r, "multishot", 1);
  }
  printf("%.16s|%.16s\n", mem[2], mem[3]);
  // bundle and incremental
  while (recv(s[1], mem[7], 64, MSG_DONTWAIT) > 0) ;
  br_add(&br, mem[4], 16, 30), br_add(&br, mem[5], 16, 31);
  write(s[0], "0123456789abcdefghij", 20);
  choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 5), 1)->ioprio = BUNDLE;
  go(&r, "bundle", 1);
  enter(&r, 0, 0, IORING_ENTER_GETEVENTS);
  status(&r, 1);
  // a file
  struct buf_ring fr;
  result("ring", br_init(&r, &fr, 4, 2, PBUF_INC));
  br_add(&fr, mem[6], 64, 40);
  int f = open("file", O_RDWR | O_CREAT, 0644);
  write(f, "the contents of a file", 22);
  choose(sqe(&r, IORING_OP_READ, f, 0, 8, 0, 6), 2), go(&r, "file", 1);
  choose(sqe(&r, IORING_OP_READ, f, 0, 0, 8, 6), 2), go(&r, "file", 1);
  choose(sqe(&r, IORING_OP_READ, f, 0, 0, 100, 6), 2), go(&r, "file at its end", 1);
  printf("%.22s\n", mem[6]);
  status(&r, 2);
  // READ_MULTISHOT
  struct buf_ring mr;
  static char mm[8][32];
  result("ring", br_init(&r, &mr, 8, 3, 0));
  for (i = 0; i < 4; i++) br_add(&mr, mm[i], 32, i);
  choose(sqe(&r, OP_READ_MULTISHOT, p[0], 0, 0, -1, 7), 3);
  submit(&r);
  for (i = 0; i < 5; i++) {
    write(p[1], "multi", 5);
    show(&r, "read multishot", 1);
  }
  printf("%u more\n", ready(&r));
  for (i = 4; i < 8; i++) br_add(&mr, mm[i], 32, i);
  choose(sqe(&r, OP_READ_MULTISHOT, p[0], 0, 0, -1, 8), 3);
  submit(&r);
  show(&r, "what is there", 1);
  close(p[1]);
  show(&r, "end", 1);
  // refused
  pipe(p);
  choose(sqe(&r, OP_READ_MULTISHOT, p[0], 0, 5, -1, 9), 3), go(&r, "with a length", 1);
  choose(sqe(&r, OP_READ_MULTISHOT, p[0], (void *)5, 0, -1, 9), 3), go(&r, "with an address", 1);
  sqe(&r, OP_READ_MULTISHOT, p[0], 0, 0, -1, 9), go(&r, "without a group", 1);
  choose(sqe(&r, OP_READ_MULTISHOT, f, 0, 0, 0, 9), 3), go(&r, "of a file", 1);
  choose(sqe(&r, OP_READ_MULTISHOT, p[0], 0, 0, 5, 9), 3), submit(&r), write(p[1], "o", 1), show(&r, "with an offset", 1);
  int ev = eventfd(0, 0);
  choose(sqe(&r, OP_READ_MULTISHOT, ev, 0, 0, -1, 10), 3);
  submit(&r);
  eventfd_write(ev, 3), show(&r, "eventfd", 1);
  sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)10, 0, 0, 11);
  go(&r, "cancelled", 2);
}
