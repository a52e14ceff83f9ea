// Incremental buffers that are given up when too little of them is left (min_left).
#include "common.h"
static char mem[8][128];
struct breg { uint64_t ring_addr; uint32_t ring_entries; uint16_t bgid, flags; uint32_t min_left; uint32_t resv[5]; };
static int mk(struct ring *r, struct buf_ring *br, int flags, unsigned min_left, int bgid) {
  br->b = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), br->mask = 7;
  struct breg a = {(uintptr_t)br->b, 8, bgid, flags, min_left};
  return reg(r, 22, &a, 1);
}
int main() {
  struct ring r; struct buf_ring br; ring_init(&r, 8, 0);
  result("min_left without INC", mk(&r, &br, 0, 32, 1));
  result("min_left 0", mk(&r, &br, PBUF_INC, 0, 2));
  result("huge", mk(&r, &br, PBUF_INC, 0xffffffff, 3));
  result("33", mk(&r, &br, PBUF_INC, 33, 4));
  for (int i = 0; i < 4; i++) br_add(&br, mem[i], 128, i);
  int s[2]; pair(s, SOCK_STREAM);
  int sizes[] = {90, 5, 10, 60, 35, 1, 30, 128};
  for (int i = 0; i < 8; i++) {
    char x[128]; memset(x, 'a' + i, 128); write(s[0], x, sizes[i]);
    struct io_uring_sqe *q = sqe(&r, IORING_OP_RECV, s[1], 0, 0, 0, i); q->flags = IOSQE_BUFFER_SELECT, q->buf_group = 4;
    go(&r, "recv", 1);
    uint32_t st[10] = {4}; reg(&r, 26, st, 1); printf("head %u len %u\n", st[1], br.b[st[1] & 7].len);
  }
}
