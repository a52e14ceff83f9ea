/* io_uring_setup and io_uring_register: what they refuse. */
#include "uring.h"

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  struct io_uring_params p;
  for (int i = 0; i < 32; i++) {
    memset(&p, 0, sizeof p);
    p.flags = 1u << i;
    int fd = res(sys_setup(4, &p));
    printf("flag %d: %s\n", i, err(fd < 0 ? fd : 0));
    if (fd >= 0) close(fd);
  }
  static const unsigned combos[] = {
      IORING_SETUP_CQE32 | IORING_SETUP_SQE128, IORING_SETUP_CQE32 | IORING_SETUP_CQE_MIXED,
      IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_SQPOLL,
      IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_COOP_TASKRUN, IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SQPOLL,
      IORING_SETUP_REGISTERED_FD_ONLY | IORING_SETUP_NO_MMAP, IORING_SETUP_NO_SQARRAY | IORING_SETUP_CQE_MIXED};
  for (unsigned i = 0; i < sizeof combos / sizeof *combos; i++) {
    memset(&p, 0, sizeof p);
    p.flags = combos[i];
    int fd = res(sys_setup(4, &p));
    printf("%x: %s array %u\n", combos[i], err(fd < 0 ? fd : 0), p.sq_off.array);
    if (fd >= 0) close(fd);
  }
  unsigned sizes[] = {0, 1, 2, 3, 100, 32768, 32769, ~0u};
  for (int c = 0; c < 2; c++)
    for (int i = 0; i < 8; i++) {
      memset(&p, 0, sizeof p);
      p.flags = c ? IORING_SETUP_CLAMP : 0;
      int fd = res(sys_setup(sizes[i], &p));
      printf("%u: %s sq %u cq %u array %u\n", sizes[i], err(fd < 0 ? fd : 0), p.sq_entries, p.cq_entries, p.sq_off.array);
      if (fd >= 0) close(fd);
    }
  unsigned cqs[] = {0, 1, 4, 7, 9, 65536, 65537};
  for (int i = 0; i < 7; i++) {
    memset(&p, 0, sizeof p);
    p.flags = IORING_SETUP_CQSIZE;
    p.cq_entries = cqs[i];
    int fd = res(sys_setup(4, &p));
    printf("cq %u: %s sq %u cq %u\n", cqs[i], err(fd < 0 ? fd : 0), p.sq_entries, p.cq_entries);
    if (fd >= 0) close(fd);
  }
  memset(&p, 0, sizeof p);
  p.resv[1] = 1;
  printf("resv %s\n", err(res(sys_setup(4, &p))));
  printf("address %s\n", err(res(sys_setup(4, 0))));
  /* mmap */
  struct ring r;
  ring_init(&r, 8, 0);
  printf("cloexec %d mode %o\n", fcntl(r.fd, F_GETFD), fcntl(r.fd, F_GETFL) & O_ACCMODE);
  printf("mmap at an unknown place %s\n", mmap(0, 4096, PROT_READ, MAP_SHARED, r.fd, 0x18000000) == MAP_FAILED ? err(-errno) : "ok");
  printf("mmap of SQEs %s\n", mmap(0, 4096, PROT_READ, MAP_SHARED, r.fd, IORING_OFF_SQES) == MAP_FAILED ? err(-errno) : "ok");
  printf("mmap of the CQ ring %s\n", mmap(0, 4096, PROT_READ, MAP_SHARED, r.fd, IORING_OFF_CQ_RING) == MAP_FAILED ? err(-errno) : "ok");
  unsigned *cq = mmap(0, 4096, PROT_READ, MAP_SHARED, r.fd, IORING_OFF_CQ_RING);
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 1);
  submit(&r);
  printf("the same memory %d\n", cq[r.p.cq_off.tail / 4] == *r.cq_tail);
  printf("read %s write %s\n", err(res(read(r.fd, cq, 1))), err(res(write(r.fd, "x", 1))));
  struct pollfd pf = {r.fd, POLLIN | POLLOUT, 0};
  printf("poll %d %x\n", poll(&pf, 1, 0), pf.revents);
  seen(&r);
  printf("poll %d %x\n", poll(&pf, 1, 0), pf.revents);
  /* registrations */
  for (unsigned op = 0; op < 40; op++) {
    if (op == 27 || op == 28 || op == 32) continue; /* what network devices can do: not everywhere */
    struct ring q;
    ring_init(&q, 4, 0);
    printf("op %u:", op);
    printf(" %s", err(res(sys_register(q.fd, op, 0, 0))));
    printf(" %s", err(res(sys_register(q.fd, op, 0, 1))));
    printf(" %s", err(res(sys_register(q.fd, op, (void *)1, 1))));
    printf(" %s\n", err(res(sys_register(q.fd, op, (void *)1, 0))));
    ring_exit(&q);
  }
  printf("register on nothing %s\n", err(res(sys_register(400, 0, 0, 0))));
  printf("register on a file %s\n", err(res(sys_register(1, 0, 0, 0))));
  /* eventfd */
  int e = eventfd(0, EFD_NONBLOCK);
  uint64_t v = 0;
  printf("eventfd %s\n", err(res(sys_register(r.fd, IORING_REGISTER_EVENTFD, &e, 1))));
  printf("eventfd %s\n", err(res(sys_register(r.fd, IORING_REGISTER_EVENTFD, &e, 1))));
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 1);
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 2);
  submit(&r);
  printf("%d %llu\n", (int)read(e, &v, 8), (unsigned long long)v);
  *r.cq_flags = IORING_CQ_EVENTFD_DISABLED;
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 1);
  submit(&r);
  printf("disabled %s\n", err(res(read(e, &v, 8))));
  *r.cq_flags = 0;
  printf("eventfd %s\n", err(res(sys_register(r.fd, IORING_UNREGISTER_EVENTFD, 0, 0))));
  printf("eventfd %s\n", err(res(sys_register(r.fd, IORING_UNREGISTER_EVENTFD, 0, 0))));
  int notfd = 1;
  printf("no eventfd %s\n", err(res(sys_register(r.fd, IORING_REGISTER_EVENTFD, &notfd, 1))));
  printf("async %s\n", err(res(sys_register(r.fd, IORING_REGISTER_EVENTFD_ASYNC, &e, 1))));
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 1);
  submit(&r);
  printf("inline %s\n", err(res(read(e, &v, 8))));
  /* personality */
  int id = sys_register(r.fd, IORING_REGISTER_PERSONALITY, 0, 0);
  printf("personality %d\n", id);
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 10)->personality = id;
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 11)->personality = 99;
  while (ready(&r)) seen(&r);
  submit(&r);
  reap(&r, "x");
  reap(&r, "x");
  printf("unregister %s %s\n", err(res(sys_register(r.fd, IORING_UNREGISTER_PERSONALITY, 0, id))), err(res(sys_register(r.fd, IORING_UNREGISTER_PERSONALITY, 0, id))));
  ring_exit(&r);
  /* restrictions */
  printf("disabled %s\n", err(ring_init(&r, 8, IORING_SETUP_R_DISABLED)));
  printf("enter %s\n", err(res(sys_enter(r.fd, 0, 0, 0, 0, 0))));
  struct io_uring_restriction re[3] = {{.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_NOP},
                                       {.opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED, .sqe_flags = IOSQE_ASYNC},
                                       {.opcode = IORING_RESTRICTION_REGISTER_OP, .register_op = IORING_REGISTER_PROBE}};
  printf("restrict %s\n", err(res(sys_register(r.fd, IORING_REGISTER_RESTRICTIONS, re, 3))));
  printf("restrict %s\n", err(res(sys_register(r.fd, IORING_REGISTER_RESTRICTIONS, re, 3))));
  printf("enable %s\n", err(res(sys_register(r.fd, IORING_REGISTER_ENABLE_RINGS, 0, 0))));
  printf("enable %s\n", err(res(sys_register(r.fd, IORING_REGISTER_ENABLE_RINGS, 0, 0))));
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 20);
  submit(&r);
  prep(&r, IORING_OP_READ, 0, 0, 0, 0, 21);
  submit(&r);
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 22)->flags = IOSQE_IO_DRAIN;
  submit(&r);
  for (int i = 0; i < 3; i++) reap(&r, "x");
  ring_exit(&r);
  /* registered ring descriptors */
  ring_init(&r, 8, 0);
  struct io_uring_rsrc_update up = {.offset = ~0u, .data = r.fd};
  printf("ring fds %s offset %u\n", err(res(sys_register(r.fd, IORING_REGISTER_RING_FDS, &up, 1))), up.offset);
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 30);
  flush(&r);
  printf("enter %s\n", err(res(sys_enter(0, 1, 0, IORING_ENTER_REGISTERED_RING, 0, 0))));
  printf("enter %s\n", err(res(sys_enter(5, 1, 0, IORING_ENTER_REGISTERED_RING, 0, 0))));
  printf("enter %s\n", err(res(sys_enter(50, 1, 0, IORING_ENTER_REGISTERED_RING, 0, 0))));
  up.data = 0;
  printf("unregister %s\n", err(res(sys_register(r.fd, IORING_UNREGISTER_RING_FDS, &up, 1))));
  ring_exit(&r);
  /* the rings in the program's memory */
  memset(&p, 0, sizeof p);
  p.flags = IORING_SETUP_NO_MMAP | IORING_SETUP_NO_SQARRAY;
  char *m = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  p.cq_off.resv2 = (uintptr_t)m;
  p.sq_off.resv2 = (uintptr_t)m + 4096;
  int fd = res(sys_setup(8, &p));
  printf("no mmap %s\n", err(fd < 0 ? fd : 0));
  struct io_uring_sqe *s = (void *)(m + 4096);
  s->opcode = IORING_OP_NOP;
  s->user_data = 77;
  *(unsigned *)(m + p.sq_off.tail) = 1;
  printf("enter %s\n", err(res(sys_enter(fd, 1, 1, IORING_ENTER_GETEVENTS, 0, 0))));
  printf("tail %u data %llu\n", *(unsigned *)(m + p.cq_off.tail), *(unsigned long long *)(m + p.cq_off.cqes));
  printf("mmap of it %s\n", mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? err(-errno) : "ok");
  return 0;
}
