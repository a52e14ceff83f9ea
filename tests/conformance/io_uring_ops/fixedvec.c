// READV_FIXED and WRITEV_FIXED, REGISTER_CLONE_BUFFERS.
#include "common.h"
struct clone { uint32_t src_fd, flags, src_off, dst_off, nr, pad[3]; };
int main(void) {
  struct ring r, t;
  ring_init(&r, 16, 0), ring_init(&t, 8, 0);
  static char a[4096], b[4096];
  struct iovec bufs[2] = {{a, 4096}, {b, 4096}}, v[2] = {{a, 5}, {a + 100, 6}};
  result("register", reg(&r, IORING_REGISTER_BUFFERS, bufs, 2));
  int f = open("file", O_RDWR | O_CREAT, 0644);
  memcpy(a, "hello", 5), memcpy(a + 100, " world", 6);
  struct io_uring_sqe *q;
  q = sqe(&r, OP_WRITEV_FIXED, f, v, 2, 0, 1), q->buf_index = 0, go(&r, "writev", 1);
  v[0].iov_base = b, v[1].iov_base = b + 50;
  q = sqe(&r, OP_READV_FIXED, f, v, 2, 0, 2), q->buf_index = 1, go(&r, "readv", 1);
  printf("%.5s%.6s\n", b, b + 50);
  q = sqe(&r, OP_READV_FIXED, f, v, 2, 0, 3), q->buf_index = 0, go(&r, "another buffer's", 1);
  q = sqe(&r, OP_READV_FIXED, f, v, 2, 0, 3), q->buf_index = 2, go(&r, "no such buffer", 1);
  q = sqe(&r, OP_READV_FIXED, f, (void *)8, 2, 0, 3), q->buf_index = 1, go(&r, "efault", 1);
  q = sqe(&r, OP_READV_FIXED, f, v, 0, 0, 3), q->buf_index = 1, go(&r, "no vectors", 1);
  q = sqe(&r, OP_READV_FIXED, f, v, 2000, 0, 3), q->buf_index = 1, go(&r, "too many", 1);
  v[1].iov_len = 8192;
  q = sqe(&r, OP_READV_FIXED, f, v, 2, 0, 3), q->buf_index = 1, go(&r, "beyond the buffer", 1);
  v[1].iov_len = 0;
  q = sqe(&r, OP_READV_FIXED, f, v, 2, 0, 3), q->buf_index = 1, go(&r, "an empty vector", 1);
  // cloning
  struct clone c = {.src_fd = r.fd};
  result("clone", reg(&t, 30, &c, 1));
  q = sqe(&t, IORING_OP_READ_FIXED, f, b, 5, 6, 4), q->buf_index = 1, go(&t, "read with a clone", 1);
  result("clone onto buffers", reg(&t, 30, &c, 1));
  c.flags = 2;
  result("replacing", reg(&t, 30, &c, 1));
  c.src_off = 1, c.dst_off = 5, c.nr = 1;
  result("one to another place", reg(&t, 30, &c, 1));
  q = sqe(&t, IORING_OP_READ_FIXED, f, b, 5, 6, 5), q->buf_index = 5, go(&t, "read with it", 1);
  q = sqe(&t, IORING_OP_READ_FIXED, f, b, 5, 6, 5), q->buf_index = 3, go(&t, "read with a hole", 1);
  c.nr = 5;
  result("more than there are", reg(&t, 30, &c, 1));
  c.nr = 1, c.src_off = 9;
  result("beyond", reg(&t, 30, &c, 1));
  c.src_off = 0, c.flags = 8;
  result("flags", reg(&t, 30, &c, 1));
  c.flags = 0, c.pad[0] = 1;
  result("pad", reg(&t, 30, &c, 1));
  c.pad[0] = 0, c.src_fd = 0;
  result("no ring", reg(&t, 30, &c, 1));
  c.src_fd = t.fd;
  result("itself", reg(&t, 30, &c, 1));
  result("unregister", reg(&t, IORING_UNREGISTER_BUFFERS, 0, 0));
  c = (struct clone){.src_fd = t.fd};
  result("of none", reg(&r, 30, &c, 1));
  // the source goes
  c = (struct clone){.src_fd = r.fd};
  result("clone", reg(&t, 30, &c, 1));
  ring_exit(&r);
  q = sqe(&t, IORING_OP_READ_FIXED, f, b, 5, 6, 6), q->buf_index = 1, go(&t, "the source has gone", 1);
}
