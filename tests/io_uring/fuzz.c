/* Rings with random contents: SQEs, indexes, heads and tails. Only the kernel's health counts. */
#include "../conformance/io_uring/uring.h"
#include <sys/socket.h>

static uint64_t x;
static uint32_t rnd(void) {
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return x >> 16;
}
static uint64_t value(void *mem) {
  switch (rnd() % 8) {
    case 0: return 0;
    case 1: return rnd() % 16;
    case 2: return (uintptr_t)mem + rnd() % 60000;
    case 3: return ~0ull;
    case 4: return 1ull << (rnd() % 64);
    case 5: return ((uint64_t)rnd() << 32) | rnd();
    case 6: return (uint64_t)-1 - rnd() % 5000;
    default: return rnd() % 100000;
  }
}

int main(int argc, char **argv) {
  x = 88172645463325252ull + strtoul(argv[1], 0, 10) * 7919;
  for (int i = 0; i < 10; i++) rnd();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  char *mem = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  struct ring r[3];
  static const unsigned flags[] = {0, IORING_SETUP_SQE128 | IORING_SETUP_CQE32, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
                                   IORING_SETUP_SUBMIT_ALL | IORING_SETUP_NO_SQARRAY, IORING_SETUP_SQPOLL, IORING_SETUP_CQSIZE | IORING_SETUP_CQE_MIXED};
  for (int i = 0; i < 3; i++) {
    struct io_uring_params p = {.flags = flags[rnd() % 6], .cq_entries = 16, .sq_thread_idle = 1};
    if (ring_init_params(&r[i], 8, &p)) return 1;
  }
  int q[2];
  pipe(q);
  socketpair(AF_UNIX, SOCK_STREAM, 0, q);
  open("/tmp/fuzz", O_RDWR | O_CREAT, 0644);
  eventfd(3, EFD_NONBLOCK);
  struct iovec v[2] = {{mem, 8192}, {mem + 9000, 4000}};
  sys_register(r[0].fd, IORING_REGISTER_BUFFERS, v, 2);
  int fds[8] = {3, 4, 5, 6, 7, 8, 9, -1};
  sys_register(r[1].fd, IORING_REGISTER_FILES, fds, 8);
  strcpy(mem, "/tmp/fuzz2");
  int rounds = atoi(argv[2]);
  for (int i = 0; i < rounds; i++) {
    struct ring *g = &r[rnd() % 3];
    unsigned n = rnd() % 10;
    for (unsigned k = 0; k < n; k++) {
      struct io_uring_sqe *s = get_sqe(g);
      s->opcode = rnd() % 20 ? rnd() % 63 : rnd();
      /* not what would end the program's own waiting or its life */
      s->flags = rnd() % 3 ? 0 : rnd() % 128;
      s->ioprio = rnd() % 4 ? 0 : rnd();
      s->fd = rnd() % 10 ? (int)(rnd() % 14) : (int)value(mem);
      s->off = value(mem);
      s->addr = value(mem);
      s->len = rnd() % 4 ? rnd() % 3000 : value(mem);
      s->rw_flags = rnd() % 3 ? rnd() % 8 : value(mem);
      s->user_data = i;
      s->buf_index = rnd() % 3 ? 0 : rnd();
      s->personality = rnd() % 10 ? 0 : rnd();
      s->splice_fd_in = rnd() % 3 ? 0 : (int)(rnd() % 20);
      ((uint64_t *)s)[6] = rnd() % 3 ? 0 : value(mem);
    }
    flush(g);
    if (rnd() % 20 == 0) *g->sq_tail = g->tail = rnd();
    if (rnd() % 20 == 0) *g->cq_head = rnd();
    if (rnd() % 20 == 0) *g->cq_tail = rnd();
    if (rnd() % 20 == 0) *g->sq_head = rnd();
    if (rnd() % 30 == 0) *g->sq_flags = rnd();
    if (g->sq_array && rnd() % 10 == 0) g->sq_array[rnd() % 8] = rnd();
    if (rnd() % 10 == 0) {
      memset(g->mem, rnd(), 64);
      *g->sq_mask = 7;
    }
    struct { uint64_t sig; unsigned sz, min; uint64_t ts; } arg = {0, 8, 0, (uintptr_t)mem + 60000};
    int64_t *ts = (void *)(mem + 60000);
    ts[0] = 0;
    ts[1] = 1000;
    sys_enter(g->fd, rnd() % 12, rnd() % 3, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG | IORING_ENTER_SQ_WAKEUP, &arg, sizeof arg);
    if (rnd() % 3) *g->cq_head = *g->cq_tail;
    if (rnd() % 8 == 0) sys_register(g->fd, rnd() % 40, (void *)value(mem), rnd() % 4);
    if (rnd() % 40 == 0) {
      close(g->fd);
      munmap(g->mem, g->mem_size);
      munmap(g->sqes, g->sqes_size);
      struct io_uring_params p = {.flags = flags[rnd() % 6], .cq_entries = 16, .sq_thread_idle = 1};
      if (ring_init_params(g, 8, &p)) return 2;
    }
  }
  return 0;
}
