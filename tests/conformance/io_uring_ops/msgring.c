// MSG_RING: completions and descriptors passed to another ring; REGISTER_SEND_MSG_RING.
#include "common.h"
static struct io_uring_sqe *message(struct ring *r, int fd, int cmd, unsigned res, uint64_t data, uint64_t mine) {
  return sqe(r, OP_MSG_RING, fd, (void *)(uintptr_t)cmd, res, data, mine);
}
#define ADDR3(q) (*(uint64_t *)((char *)(q) + 48))
int main(void) {
  struct ring r, t, d;
  ring_init(&r, 16, 0), ring_init(&t, 4, 0);
  struct io_uring_params p = {.flags = IORING_SETUP_R_DISABLED};
  ring_init_params(&d, 4, &p);
  struct io_uring_sqe *q;
  message(&r, t.fd, 0, 42, 7, 1), go(&r, "sent", 1), show(&t, "got", 1);
  message(&r, t.fd, 0, -5, ~0ull, 1), go(&r, "sent", 1), show(&t, "got", 1);
  q = message(&r, t.fd, 0, 1, 8, 2), *(uint32_t *)((char *)q + 28) = 2, q->splice_fd_in = 0x30012;
  go(&r, "with flags", 1), show(&t, "got", 1);
  message(&r, r.fd, 0, 3, 9, 3), go(&r, "to itself", 2);
  message(&r, 0, 0, 3, 9, 4), go(&r, "no ring", 1);
  message(&r, 99, 0, 3, 9, 4), go(&r, "no file", 1);
  message(&r, d.fd, 0, 3, 9, 4), go(&r, "disabled", 1);
  message(&r, t.fd, 5, 3, 9, 4), go(&r, "command", 1);
  message(&r, t.fd, 0, 3, 9, 4)->rw_flags = 8, go(&r, "flags", 1);
  message(&r, t.fd, 0, 3, 9, 4)->rw_flags = 1, go(&r, "skip of data", 1);
  message(&r, t.fd, 0, 3, 9, 4)->splice_fd_in = 1, go(&r, "flags not passed", 1);
  message(&r, t.fd, 0, 3, 9, 4)->buf_index = 1, go(&r, "buf_index", 1);
  q = message(&r, t.fd, 0, 3, 9, 4), ADDR3(q) = 1, go(&r, "addr3", 1);
  enter(&t, 0, 0, IORING_ENTER_GETEVENTS), printf("%u at the target\n", ready(&t));
  // overflow: the target has room for 8
  for (int i = 0; i < 10; i++) message(&r, t.fd, 0, i, 100 + i, 5);
  go(&r, "many", 10);
  for (int i = 0; i < 10; i++) show(&t, "got", 1);
  // descriptors
  int pp[2], none[4] = {-1, -1, -1, -1}, mine[2];
  pipe(pp), mine[0] = pp[0], mine[1] = pp[1];
  result("files", reg(&r, IORING_REGISTER_FILES, mine, 2));
  q = message(&r, t.fd, 1, 0, 11, 6), ADDR3(q) = 1, q->splice_fd_in = 2, go(&r, "no table", 1);
  result("files", reg(&t, IORING_REGISTER_FILES, none, 4));
  q = message(&r, t.fd, 1, 0, 11, 6), ADDR3(q) = 1, q->splice_fd_in = 2, go(&r, "slot 1 to slot 1", 1), show(&t, "got", 1);
  q = message(&r, t.fd, 1, 0, 12, 6), ADDR3(q) = 0, q->splice_fd_in = -1, go(&r, "slot 0 to any", 1), show(&t, "got", 1);
  q = message(&r, t.fd, 1, 0, 13, 6), ADDR3(q) = 1, q->splice_fd_in = 4, q->rw_flags = 1, go(&r, "quietly", 1);
  q = message(&r, t.fd, 1, 0, 14, 6), ADDR3(q) = 7, q->splice_fd_in = 1, go(&r, "no such slot", 1);
  q = message(&r, t.fd, 1, 0, 14, 6), ADDR3(q) = 1, q->splice_fd_in = 9, go(&r, "beyond", 1);
  q = message(&r, t.fd, 1, 5, 14, 6), ADDR3(q) = 1, q->splice_fd_in = 1, go(&r, "len", 1), enter(&t, 0, 0, IORING_ENTER_GETEVENTS);
  while (ready(&t)) show(&t, "got", 1);
  q = message(&r, r.fd, 1, 0, 14, 6), ADDR3(q) = 1, q->splice_fd_in = 1, go(&r, "to itself", 1);
  sqe(&t, IORING_OP_WRITE, 1, "through slot 1", 14, -1, 7)->flags = IOSQE_FIXED_FILE, go(&t, "write", 1);
  char b[16];
  printf("read %zd\n", read(pp[0], b, 16));
  enter(&t, 0, 0, IORING_ENTER_GETEVENTS), printf("%u at the target\n", ready(&t));
  // without a ring of one's own
  struct io_uring_sqe m;
  memset(&m, 0, sizeof m);
  m.opcode = OP_MSG_RING, m.fd = t.fd, m.len = 77, m.off = 15;
  result("register", syscall(__NR_io_uring_register, -1, 31, &m, 1)), show(&t, "got", 1);
  m.fd = 0;
  result("no ring", syscall(__NR_io_uring_register, -1, 31, &m, 1) < 0 ? -errno : 0);
  m.opcode = 0;
  result("another opcode", syscall(__NR_io_uring_register, -1, 31, &m, 1) < 0 ? -errno : 0);
  m.opcode = OP_MSG_RING, m.fd = t.fd, m.flags = 1;
  result("sqe flags", syscall(__NR_io_uring_register, -1, 31, &m, 1) < 0 ? -errno : 0);
  m.flags = 0, m.addr = 1;
  result("descriptor", syscall(__NR_io_uring_register, -1, 31, &m, 1) < 0 ? -errno : 0);
  result("two", syscall(__NR_io_uring_register, -1, 31, &m, 2) < 0 ? -errno : 0);
  result("another command", syscall(__NR_io_uring_register, -1, 9, &m, 1) < 0 ? -errno : 0);
  // a waiter at the target is woken
  pid_t c = fork();
  if (!c) {
    settle();
    message(&r, t.fd, 0, 5, 20, 8), submit(&r);
    _exit(0);
  }
  show(&t, "woken", 1);
  waitpid(c, 0, 0);
}
