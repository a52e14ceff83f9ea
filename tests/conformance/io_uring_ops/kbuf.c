// Provided buffers: PROVIDE_BUFFERS and REMOVE_BUFFERS, buffer rings, what is refused, reads and receives that choose one.
#include "common.h"
static char mem[64][64];
static struct io_uring_sqe *provide(struct ring *r, void *addr, unsigned len, int n, int group, int bid, int data) {
  struct io_uring_sqe *q = sqe(r, IORING_OP_PROVIDE_BUFFERS, n, addr, len, bid, data);
  q->buf_group = group;
  return q;
}
static struct io_uring_sqe *removal(struct ring *r, int n, int group, int data) {
  struct io_uring_sqe *q = sqe(r, IORING_OP_REMOVE_BUFFERS, n, 0, 0, 0, data);
  q->buf_group = group;
  return q;
}
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
  struct io_uring_sqe *q;
  pair(s, SOCK_STREAM);
  pipe(p);
  // without a group
  choose(sqe(&r, IORING_OP_RECV, s[1], 0, 64, 0, 1), 7);
  write(s[0], "x", 1);
  go(&r, "no group", 1);
  choose(sqe(&r, IORING_OP_READ, p[0], 0, 64, 0, 1), 7);
  go(&r, "no group, read", 1);
  provide(&r, mem, 64, 4, 7, 10, 2);
  go(&r, "provide", 1);
  for (i = 0; i < 4; i++) {
    if (i) write(s[0], "abcdef", 4 + i);
    choose(sqe(&r, IORING_OP_RECV, s[1], 0, i == 2 ? 3 : 64, 0, 3), 7);
    go(&r, "recv", 1);
  }
  printf("%.8s %.8s %.8s %.8s\n", mem[0], mem[1], mem[2], mem[3]);
  write(s[0], "more", 4);
  choose(sqe(&r, IORING_OP_RECV, s[1], 0, 64, 0, 4), 7);
  go(&r, "none left", 1);
  // an address is ignored; length 0 takes the whole buffer
  provide(&r, mem[20], 8, 2, 7, 0, 5);
  go(&r, "provide", 1);
  choose(sqe(&r, IORING_OP_RECV, s[1], (void *)8, 0, 0, 6), 7);
  go(&r, "recv len 0", 1);
  write(p[1], "from a pipe", 11);
  choose(sqe(&r, IORING_OP_READ, p[0], 0, 100, -1, 7), 7);
  go(&r, "read", 1);
  printf("%.8s\n", mem[21]);
  choose(sqe(&r, IORING_OP_READ, p[0], 0, 100, -1, 7), 7);
  go(&r, "read, none left", 1);
  // a read that waits holds its buffer, a receive does not
  provide(&r, mem[30], 64, 2, 7, 30, 8);
  go(&r, "provide", 1);
  read(p[0], mem[63], 64);
  choose(sqe(&r, IORING_OP_READ, p[0], 0, 64, -1, 9), 7);
  choose(sqe(&r, IORING_OP_RECV, s[1], 0, 64, 0, 10), 7);
  choose(sqe(&r, IORING_OP_RECV, s[0], 0, 64, 0, 110), 7);
  recv(s[1], mem[63], 64, MSG_DONTWAIT);
  submit(&r);
  quiet(&r, "both wait");
  write(s[0], "S", 1);
  show(&r, "the socket's", 1);
  write(p[1], "P", 1);
  show(&r, "the pipe's", 1);
  write(s[1], "T", 1);
  show(&r, "the other end finds none", 1);
  // removing
  provide(&r, mem[40], 16, 8, 9, 100, 11);
  go(&r, "provide", 1);
  removal(&r, 3, 9, 12), go(&r, "remove 3", 1);
  removal(&r, 100, 9, 12), go(&r, "remove the rest", 1);
  removal(&r, 1, 9, 12), go(&r, "remove from an empty group", 1);
  removal(&r, 1, 77, 12), go(&r, "remove from none", 1);
  removal(&r, 0, 9, 12), go(&r, "remove 0", 1);
  removal(&r, 65537, 9, 12), go(&r, "remove too many", 1);
  removal(&r, 1, 9, 12)->len = 1, go(&r, "remove len", 1);
  removal(&r, 1, 9, 12)->addr = 1, go(&r, "remove addr", 1);
  provide(&r, mem, 16, 0, 9, 0, 13), go(&r, "provide 0", 1);
  provide(&r, mem, 16, 65537, 9, 0, 13), go(&r, "provide too many", 1);
  provide(&r, mem, 16, 2, 9, 65536, 13), go(&r, "provide bid", 1);
  provide(&r, mem, 16, 2, 9, 65535, 13), go(&r, "provide bid over the end", 1);
  provide(&r, mem, 0, 2, 9, 1, 13), go(&r, "provide len 0", 1);
  provide(&r, (void *)-4096l, 4096, 2, 9, 1, 13), go(&r, "provide overflow", 1);
  provide(&r, (void *)0x7ffffffff000, 4096, 2, 9, 1, 13), go(&r, "provide beyond", 1);
  provide(&r, mem, 16, 2, 9, 1, 13)->rw_flags = 1, go(&r, "provide rw_flags", 1);
  provide(&r, mem, 16, 2, 9, 1, 13)->splice_fd_in = 1, go(&r, "provide splice_fd_in", 1);
  provide(&r, mem, 16, 2, 9, 1, 13)->flags = IOSQE_BUFFER_SELECT, go(&r, "provide with a choice", 1);
  // an unmapped buffer
  provide(&r, (void *)4096, 16, 1, 11, 5, 14), go(&r, "provide nonsense", 1);
  write(s[0], "data", 4);
  choose(sqe(&r, IORING_OP_RECV, s[1], 0, 16, 0, 15), 11), go(&r, "efault", 1);
  choose(sqe(&r, IORING_OP_RECV, s[1], 0, 16, 0, 15), 11), go(&r, "again", 1);
  recv(s[1], mem[63], 64, MSG_DONTWAIT), recv(s[0], mem[63], 64, MSG_DONTWAIT);
  // operations that have no choice of buffers
  choose(sqe(&r, IORING_OP_NOP, 0, 0, 0, 0, 16), 7), go(&r, "nop", 1);
  choose(sqe(&r, IORING_OP_WRITE, p[1], "w", 1, 0, 16), 7), go(&r, "write", 1);
  choose(sqe(&r, IORING_OP_FSYNC, p[1], 0, 0, 0, 16), 7), go(&r, "fsync", 1);
  choose(sqe(&r, IORING_OP_ACCEPT, s[0], 0, 0, 0, 16), 7), go(&r, "accept", 1);
  // READV takes one vector at most
  struct iovec v[2] = {{0, 4}, {0, 4}};
  provide(&r, mem[50], 64, 4, 12, 50, 17), go(&r, "provide", 1);
  write(p[1], "vectors", 7);
  choose(sqe(&r, IORING_OP_READV, p[0], v, 1, -1, 18), 12), go(&r, "readv", 1);
  choose(sqe(&r, IORING_OP_READV, p[0], v, 2, -1, 18), 12), go(&r, "readv of 2", 1);
  printf("%.4s\n", mem[50]);
  // end of file gives a buffer back
  int e[2];
  pipe(e), close(e[1]);
  choose(sqe(&r, IORING_OP_READ, e[0], 0, 64, -1, 19), 12), go(&r, "eof", 1);
  write(p[1], "z", 1);
  choose(sqe(&r, IORING_OP_READ, p[0], 0, 64, -1, 19), 12), go(&r, "then", 1);
  // buffer rings
  struct buf_ring br;
  result("ring", br_init(&r, &br, 8, 1, 0));
  status(&r, 1);
  write(s[0], "ring1", 5);
  choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 20), 1), go(&r, "empty ring", 1);
  for (i = 0; i < 4; i++) br_add(&br, mem[i], 64, 200 + i);
  choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 21), 1), go(&r, "from the ring", 1);
  status(&r, 1);
  choose(sqe(&r, IORING_OP_RECV, s[1], 0, 2, 0, 22), 1), submit(&r);
  choose(sqe(&r, IORING_OP_READ, p[0], 0, 64, -1, 23), 1), submit(&r);
  status(&r, 1);
  write(s[0], "12", 2);
  show(&r, "of two waiting", 1);
  status(&r, 1);
  write(p[1], "345", 3);
  show(&r, "the other", 1);
  status(&r, 1);
  printf("%.5s %.2s %.3s\n", mem[0], mem[1], mem[2]);
  provide(&r, mem, 16, 2, 1, 0, 24), go(&r, "provide to a ring", 1);
  removal(&r, 1, 1, 24), go(&r, "remove from a ring", 1);
  struct buf_reg a = {.ring_addr = (uintptr_t)br.b, .ring_entries = 8, .bgid = 1};
  result("exists", reg(&r, 22, &a, 1));
  a.bgid = 12;
  result("group with provided buffers", reg(&r, 22, &a, 1));
  a.bgid = 2, a.ring_entries = 7;
  result("not a power of two", reg(&r, 22, &a, 1));
  a.ring_entries = 65536;
  result("too large", reg(&r, 22, &a, 1));
  a.ring_entries = 0;
  result("none", reg(&r, 22, &a, 1));
  a.ring_entries = 8, a.ring_addr++;
  result("not aligned", reg(&r, 22, &a, 1));
  a.ring_addr = 0;
  result("no address", reg(&r, 22, &a, 1));
  a.ring_addr = 0x10000;
  result("not mapped", reg(&r, 22, &a, 1));
  a.ring_addr = (uintptr_t)br.b, a.flags = 0x100;
  result("flags", reg(&r, 22, &a, 1));
  a.flags = PBUF_MMAP;
  result("an address with MMAP", reg(&r, 22, &a, 1));
  a.flags = 0, a.resv[2] = 1;
  result("resv", reg(&r, 22, &a, 1));
  result("count 0", reg(&r, 22, &a, 0));
  result("count 2", reg(&r, 22, &a, 2));
  result("efault", reg(&r, 22, (void *)8, 1));
  a = (struct buf_reg){.bgid = 3};
  result("unregister none", reg(&r, 23, &a, 1));
  a.bgid = 12;
  result("unregister provided", reg(&r, 23, &a, 1));
  a.bgid = 1, a.ring_entries = 5;
  result("unregister with more fields", reg(&r, 23, &a, 1));
  result("unregister again", reg(&r, 23, &a, 1));
  status(&r, 1), status(&r, 12), status(&r, 3);
  // mapped
  struct buf_ring m;
  result("mapped ring", br_init(&r, &m, 4, 5, PBUF_MMAP));
  for (i = 0; i < 4; i++) br_add(&m, mem[i], 64, i);
  for (i = 0; i < 5; i++) {
    write(s[0], "mapped", 6);
    choose(sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, 30), 5), go(&r, "from the mapped ring", 1);
  }
  void *none = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, OFF_PBUF | (99ull << 16));
  printf("mmap of none: %s\n", none == MAP_FAILED ? strerror(errno) : "ok");
  none = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, OFF_PBUF | (12ull << 16));
  printf("mmap of provided: %s\n", none == MAP_FAILED ? strerror(errno) : "ok");
  none = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, OFF_PBUF | (5ull << 16));
  printf("mmap of more: %s\n", none == MAP_FAILED ? strerror(errno) : "ok");
  result("a user's ring", br_init(&r, &br, 8, 6, 0));
  none = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, OFF_PBUF | (6ull << 16));
  printf("mmap of a user's: %s\n", none == MAP_FAILED ? strerror(errno) : "ok");
  a = (struct buf_reg){.bgid = 5};
  result("unregister mapped", reg(&r, 23, &a, 1));
  m.b[1].len = 5, printf("still mapped %u\n", m.b[1].len);
  // regular files
  int f = open("file", O_RDWR | O_CREAT, 0644);
  write(f, "the contents of a file", 22);
  br_add(&br, mem[8], 10, 1), br_add(&br, mem[9], 10, 2), br_add(&br, mem[10], 10, 3);
  choose(sqe(&r, IORING_OP_READ, f, 0, 0, 4, 40), 6), go(&r, "file", 1);
  choose(sqe(&r, IORING_OP_READ, f, 0, 4, 4, 41), 6), go(&r, "file", 1);
  choose(sqe(&r, IORING_OP_READ, f, 0, 4, 100, 42), 6), go(&r, "file at its end", 1);
  printf("%.10s|%.10s\n", mem[8], mem[9]);
  status(&r, 6);
  ring_exit(&r);
}
