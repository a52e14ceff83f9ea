// Which operations there are.
#include "common.h"
int main(void) {
  struct ring r;
  ring_init(&r, 8, 0);
  struct { uint8_t last, len; uint16_t resv; uint32_t resv2[3]; struct { uint8_t op, resv; uint16_t flags; uint32_t resv2; } ops[256]; } p;
  memset(&p, 0, sizeof p);
  result("probe", reg(&r, IORING_REGISTER_PROBE, &p, 256));
  printf("last %u len %u\n", p.last, p.len);
  for (int i = 0; i < p.len; i++)
    if (!(p.ops[i].flags & 1) || p.ops[i].op != i) printf("%u: %u %x\n", i, p.ops[i].op, p.ops[i].flags);
  // not an operation, and one of devices
  sqe(&r, 200, -1, 0, 0, 0, 1), go(&r, "200", 1);
  sqe(&r, OP_RECV_ZC, 0, 0, 0, 0, 2)->ioprio = MULTISHOT, go(&r, "recv_zc without a queue", 1);
}
