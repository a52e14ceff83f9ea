// QUERY: what there is, asked without a ring.
#include "common.h"
struct hdr { uint64_t next, data; uint32_t op, size; int32_t result; uint32_t resv[3]; };
struct opcodes { uint32_t ops, regs; uint64_t features, setup, enter, sqe; uint32_t queries, pad; };
static int query(struct hdr *h, int n) { int r = syscall(__NR_io_uring_register, -1, 35, h, n); return r < 0 ? -errno : r; }
int main(void) {
  struct opcodes o;
  struct hdr h = {.data = (uintptr_t)&o, .op = 0, .size = sizeof o}, g = h, b;
  memset(&o, 0, sizeof o);
  result("query", query(&h, 0));
  printf("result %d size %u: %u %u %llx %llx %llx %llx %u %u\n", h.result, h.size, o.ops, o.regs, (long long)o.features, (long long)o.setup, (long long)o.enter, (long long)o.sqe, o.queries, o.pad);
  // less and more room
  memset(&o, 0xff, sizeof o), b = g, b.size = 8, memset(&o, 0, sizeof o);
  result("8 bytes", query(&b, 0)), printf("size %u: %u %u %llx\n", b.size, o.ops, o.regs, (long long)o.features);
  char big[200];
  memset(big, 0, 200), memset(big + 100, 7, 100);
  b = g, b.size = 200, b.data = (uintptr_t)big;
  result("200 bytes", query(&b, 0)), printf("result %d size %u: %d %d\n", b.result, b.size, big[47], big[150]);
  b = g, b.op = 77, result("unknown", query(&b, 0)), printf("result %d size %u\n", b.result, b.size);
  b = g, b.size = 0, result("no size", query(&b, 0)), printf("result %d size %u\n", b.result, b.size);
  b = g, b.resv[1] = 1, result("reserved", query(&b, 0)), printf("result %d size %u\n", b.result, b.size);
  b = g, b.result = 1, result("result", query(&b, 0)), printf("result %d size %u\n", b.result, b.size);
  b = g, b.data = 8, result("efault", query(&b, 0)), printf("result %d size %u\n", b.result, b.size);
  result("count", query(&b, 1));
  result("efault", query((void *)8, 0));
  result("none", query(0, 0));
  b = g, h = g, b.op = 77, b.next = (uintptr_t)&h;
  result("two", query(&b, 0)), printf("results %d %d\n", b.result, h.result);
  b = g, b.next = (uintptr_t)&b;
  result("for ever", query(&b, 0));
}
