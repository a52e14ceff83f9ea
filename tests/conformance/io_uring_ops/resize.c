// RESIZE_RINGS, MEM_REGION, QUERY; what is refused.
#include "common.h"
struct region { uint64_t user_addr, size; uint32_t flags, id; uint64_t mmap_offset, resv[4]; };
struct mem { uint64_t uptr, flags, resv[2]; };
static struct io_uring_params p;
static void remap(struct ring *r, struct io_uring_params *q) {
  size_t sq = q->sq_off.array + q->sq_entries * 4, cq = q->cq_off.cqes + q->cq_entries * 16;
  char *m = mmap(0, sq > cq ? sq : cq, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQ_RING);
  r->sqes = mmap(0, q->sq_entries * 64, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
  r->sq_head = (void *)(m + q->sq_off.head), r->sq_tail = (void *)(m + q->sq_off.tail), r->sq_mask = (void *)(m + q->sq_off.ring_mask);
  r->sq_flags = (void *)(m + q->sq_off.flags), r->sq_array = (void *)(m + q->sq_off.array);
  r->cq_head = (void *)(m + q->cq_off.head), r->cq_tail = (void *)(m + q->cq_off.tail), r->cq_mask = (void *)(m + q->cq_off.ring_mask);
  r->cqes = (void *)(m + q->cq_off.cqes);
}
static int resize(struct ring *r, unsigned sq, unsigned cq, unsigned flags) {
  memset(&p, 0, sizeof p);
  p.sq_entries = sq, p.cq_entries = cq, p.flags = flags;
  return reg(r, 33, &p, 1);
}
int main(void) {
  struct ring r, plain;
  ring_init(&plain, 8, 0);
  result("without DEFER_TASKRUN", resize(&plain, 16, 0, 0));
  ring_init(&r, 8, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | 1 << 16);
  for (int i = 0; i < 5; i++) sqe(&r, IORING_OP_NOP, -1, 0, 0, 0, i + 1);
  submit(&r);
  result("larger", resize(&r, 32, 64, IORING_SETUP_CQSIZE));
  printf("sq %u cq %u flags %x array %u cqes %u\n", p.sq_entries, p.cq_entries, p.flags, p.sq_off.array, p.cq_off.cqes);
  remap(&r, &p);
  printf("masks %u %u, heads %u %u tails %u %u\n", *r.sq_mask, *r.cq_mask, *r.sq_head, *r.cq_head, *r.sq_tail, *r.cq_tail);
  show(&r, "kept", 5);
  for (int i = 0; i < 30; i++) sqe(&r, IORING_OP_NOP, -1, 0, 0, 0, 100 + i);
  result("submit 30", submit(&r));
  enter(&r, 0, 30, IORING_ENTER_GETEVENTS);
  printf("%u there\n", ready(&r));
  result("too small", resize(&r, 4, 8, IORING_SETUP_CQSIZE));
  show(&r, "some", 25);
  result("small", resize(&r, 4, 8, IORING_SETUP_CQSIZE));
  printf("sq %u cq %u\n", p.sq_entries, p.cq_entries);
  remap(&r, &p);
  show(&r, "the rest", 5);
  sqe(&r, IORING_OP_NOP, -1, 0, 0, 0, 7), go(&r, "then", 1);
  result("flags", resize(&r, 8, 0, IORING_SETUP_SQPOLL));
  result("none", resize(&r, 0, 0, 0));
  result("too many", resize(&r, 100000, 0, 0));
  result("clamped", resize(&r, 100000, 0, IORING_SETUP_CLAMP));
  printf("sq %u cq %u\n", p.sq_entries, p.cq_entries);
  result("efault", reg(&r, 33, (void *)8, 1));
  result("two", reg(&r, 33, &p, 2));
  // regions
  struct region rd = {.size = 4096};
  struct mem m = {.uptr = (uintptr_t)&rd};
  m.flags = 1, result("wait arguments on a running ring", reg(&plain, 34, &m, 1));
  m.flags = 8, result("flags", reg(&plain, 34, &m, 1));
  m.flags = 0, rd.size = 0, result("no size", reg(&plain, 34, &m, 1));
  rd.size = 100, result("part of a page", reg(&plain, 34, &m, 1));
  rd.size = 4096, rd.flags = 1, result("no address", reg(&plain, 34, &m, 1));
  rd.flags = 0, rd.user_addr = 4096, result("an address", reg(&plain, 34, &m, 1));
  rd.user_addr = 0, rd.id = 1, result("id", reg(&plain, 34, &m, 1));
  rd.id = 0, rd.resv[2] = 1, result("reserved", reg(&plain, 34, &m, 1));
  rd.resv[2] = 0, m.resv[1] = 1, result("reserved", reg(&plain, 34, &m, 1));
  m.resv[1] = 0, m.uptr = 8, result("efault", reg(&plain, 34, &m, 1));
  m.uptr = (uintptr_t)&rd, result("region", reg(&plain, 34, &m, 1));
  printf("offset %llx\n", (unsigned long long)rd.mmap_offset);
  char *mem = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, plain.fd, rd.mmap_offset);
  printf("mapped %d\n", mem != MAP_FAILED && (mem[5] = 1));
  rd = (struct region){.size = 4096};
  result("another", reg(&plain, 34, &m, 1));
  // registered wait arguments
  struct io_uring_params q = {.flags = IORING_SETUP_R_DISABLED};
  struct ring w;
  ring_init_params(&w, 8, &q);
  void *user = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  rd = (struct region){.size = 4096, .flags = 1, .user_addr = (uintptr_t)user};
  m.flags = 1, result("wait arguments", reg(&w, 34, &m, 1));
  result("enable", reg(&w, IORING_REGISTER_ENABLE_RINGS, 0, 0));
  struct { struct __kernel_timespec ts; uint32_t min_wait, flags; uint64_t sigmask; uint32_t sz, pad[3]; uint64_t pad2[2]; } *wa = user;
  wa->ts.tv_nsec = 10000000, wa->flags = 1;
  int n = syscall(__NR_io_uring_enter, w.fd, 0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG | (1 << 6), 0, 64);
  printf("waited: %s\n", n < 0 ? strerror(errno) : "?");
  n = syscall(__NR_io_uring_enter, w.fd, 0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG | (1 << 6), 4096, 64);
  printf("beyond: %s\n", n < 0 ? strerror(errno) : "?");
  // what there is not
  result("napi", reg(&plain, 27, 0, 1) < 0);
  result("an unknown one", reg(&plain, 60, 0, 0));
}
