// SPLICE, TEE, PIPE.
#include "common.h"
#define FIXED_IN (1u << 31)
static struct io_uring_sqe *splice_op(struct ring *r, int in, int64_t off_in, int out, int64_t off_out, unsigned n, unsigned flags, uint64_t data) {
  struct io_uring_sqe *q = sqe(r, IORING_OP_SPLICE, out, (void *)off_in, n, off_out, data);
  q->splice_fd_in = in, q->splice_flags = flags;
  return q;
}
int main(void) {
  struct ring r;
  ring_init(&r, 16, 0);
  int f = open("file", O_RDWR | O_CREAT, 0644), p[2], t[2], g = open("other", O_RDWR | O_CREAT, 0644);
  char b[64] = {0};
  write(f, "the contents of a file", 22);
  pipe(p), pipe(t);
  struct io_uring_sqe *q;
  splice_op(&r, f, 4, p[1], -1, 8, 0, 1), go(&r, "file to pipe", 1);
  q = sqe(&r, IORING_OP_TEE, t[1], 0, 5, 0, 2), q->splice_fd_in = p[0], go(&r, "tee", 1);
  printf("%zd %.5s\n", read(t[0], b, 64), b);
  splice_op(&r, p[0], -1, g, 3, 8, 0, 3), go(&r, "pipe to file", 1);
  printf("%zd\n", pread(g, b, 64, 0));
  lseek(f, 0, SEEK_SET);
  splice_op(&r, f, -1, p[1], -1, 3, 0, 4), go(&r, "at the position", 1);
  printf("%ld\n", lseek(f, 0, SEEK_CUR)), read(p[0], b, 64);
  splice_op(&r, f, 100, p[1], -1, 3, 0, 5), go(&r, "at the end", 1);
  splice_op(&r, f, 0, g, 0, 3, 0, 6), go(&r, "no pipe", 1);
  splice_op(&r, p[0], 0, g, 0, 3, 0, 6), go(&r, "offset of a pipe", 1);
  splice_op(&r, f, 0, p[1], -1, 3, 0x100, 6), go(&r, "flags", 1);
  splice_op(&r, 99, 0, p[1], -1, 3, 0, 6), go(&r, "bad in", 1);
  splice_op(&r, f, 0, 99, -1, 3, 0, 6), go(&r, "bad out", 1);
  splice_op(&r, f, 0, p[1], -1, 0, 0, 6), go(&r, "none", 1);
  splice_op(&r, f, -5, p[1], -1, 3, 0, 6), go(&r, "negative", 1);
  q = sqe(&r, IORING_OP_TEE, t[1], (void *)1, 5, 0, 2), q->splice_fd_in = p[0], go(&r, "tee with an offset", 1);
  q = sqe(&r, IORING_OP_TEE, t[1], 0, 5, 0, 2), q->splice_fd_in = f, go(&r, "tee of a file", 1);
  int fds[2] = {f, p[1]};
  result("files", reg(&r, IORING_REGISTER_FILES, fds, 2));
  splice_op(&r, 0, 0, 1, -1, 3, FIXED_IN, 7)->flags = IOSQE_FIXED_FILE, go(&r, "fixed", 1);
  splice_op(&r, 9, 0, 1, -1, 3, FIXED_IN, 7)->flags = IOSQE_FIXED_FILE, go(&r, "fixed in", 1);
  printf("%zd\n", read(p[0], b, 64));
  // an empty pipe: the splice waits
  splice_op(&r, p[0], -1, t[1], -1, 16, 0, 8), submit(&r);
  quiet(&r, "waits");
  write(p[1], "late", 4), show(&r, "late", 1), printf("%zd\n", read(t[0], b, 64));
  splice_op(&r, p[0], -1, t[1], -1, 16, SPLICE_F_NONBLOCK, 9), go(&r, "nonblocking", 1);
  // PIPE
  int n[2] = {-1, -1};
  sqe(&r, OP_PIPE, 0, n, 0, 0, 10), go(&r, "pipe", 1);
  printf("%d\n", write(n[1], "new", 3) == 3 && read(n[0], b, 64) == 3);
  sqe(&r, OP_PIPE, 0, n, 0, 0, 10)->rw_flags = O_CLOEXEC | O_NONBLOCK, go(&r, "pipe", 1);
  printf("%d %x\n", fcntl(n[0], F_GETFD), fcntl(n[1], F_GETFL));
  sqe(&r, OP_PIPE, 0, n, 0, 0, 10)->rw_flags = 1, go(&r, "flags", 1);
  sqe(&r, OP_PIPE, 1, n, 0, 0, 10), go(&r, "fd", 1);
  sqe(&r, OP_PIPE, 0, n, 0, 1, 10), go(&r, "off", 1);
  q = sqe(&r, OP_PIPE, 0, n, 0, 0, 10), *(uint64_t *)((char *)q + 48) = 1, go(&r, "addr3", 1);
  sqe(&r, OP_PIPE, 0, (void *)8, 0, 0, 10), go(&r, "efault", 1);
  int four[4] = {-1, -1, -1, -1};
  reg(&r, IORING_UNREGISTER_FILES, 0, 0), reg(&r, IORING_REGISTER_FILES, four, 4);
  sqe(&r, OP_PIPE, 0, n, 0, 0, 11)->file_index = 2, go(&r, "slots 1 and 2", 1), printf("%d %d\n", n[0], n[1]);
  sqe(&r, OP_PIPE, 0, n, 0, 0, 11)->file_index = -1, go(&r, "any slots", 1), printf("%d %d\n", n[0], n[1]);
  sqe(&r, OP_PIPE, 0, n, 0, 0, 11)->file_index = 4, go(&r, "beyond", 1);
  q = sqe(&r, OP_PIPE, 0, n, 0, 0, 11), q->file_index = 2, q->rw_flags = O_CLOEXEC, go(&r, "slots with cloexec", 1);
  sqe(&r, IORING_OP_WRITE, 2, "s", 1, -1, 12)->flags = IOSQE_FIXED_FILE, sqe(&r, IORING_OP_READ, 1, b, 1, -1, 13)->flags = IOSQE_FIXED_FILE, go(&r, "through them", 2);
}
