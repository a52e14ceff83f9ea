/* Keeps requests of all kinds under way in several rings, one with a polling thread, and prints what becomes of them. */
#include "../conformance/io_uring/uring.h"

static unsigned long hash = 5381;
static int done;
static void take(struct ring *r) {
  while (ready(r)) {
    struct io_uring_cqe *c = peek(r);
    hash = hash * 33 + c->user_data * 7 + c->res + c->flags;
    done++;
    seen(r);
  }
}

int main(void) {
  struct ring a, b, s;
  struct io_uring_params p = {.flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 5};
  int bad = ring_init(&a, 32, 0) | ring_init(&b, 32, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN) | ring_init_params(&s, 16, &p);
  if (bad) printf("no rings %d\n", bad);
  int pa[2], pb[2], fd = open("/tmp/f", O_RDWR | O_CREAT | O_TRUNC, 0644);
  pipe(pa);
  pipe(pb);
  char *mem = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct iovec v = {mem, 65536};
  sys_register(a.fd, IORING_REGISTER_BUFFERS, &v, 1);
  int64_t ts[2] = {0, 300000}, never[2] = {1000, 0};
  prep(&a, IORING_OP_POLL_ADD, pa[0], 0, IORING_POLL_ADD_MULTI, 0, 1)->poll32_events = POLLIN;
  prep(&a, IORING_OP_TIMEOUT, 0, never, 1, 0, 2);
  prep(&a, IORING_OP_READ, pb[0], mem + 100, 3, 0, 3)->flags = IOSQE_ASYNC;
  submit(&a);
  for (int i = 0; i < 60; i++) {
    char buf[256];
    /* a chain in a worker, a timeout, a read that waits for a pipe */
    prep(&a, IORING_OP_WRITE_FIXED, fd, mem, 1000 + i, i * 10, 100 + i)->flags = IOSQE_IO_LINK;
    prep(&a, IORING_OP_FSYNC, fd, 0, 0, 0, 200 + i);
    prep(&a, IORING_OP_TIMEOUT, 0, ts, 1, 0, 300 + i);
    submit(&a);
    prep(&b, IORING_OP_READ, pa[0], buf, 8, 0, 400 + i)->flags = IOSQE_IO_LINK;
    prep(&b, IORING_OP_LINK_TIMEOUT, 0, ts, 1, 0, 500 + i);
    submit(&b);
    if (*s.sq_flags & IORING_SQ_NEED_WAKEUP) sys_enter(s.fd, 0, 0, IORING_ENTER_SQ_WAKEUP, 0, 0);
    prep(&s, IORING_OP_READ, fd, mem + 4096, 512, i * 10, 600 + i);
    prep(&s, IORING_OP_READ, pb[0], mem + 8192, 3, 0, 700 + i);
    flush(&s);
    for (volatile int w = 0; w < 20000; w++) mem[w & 4095] += w;
    if (i % 3) write(pa[1], "pipe", 4);
    if (i % 2) write(pb[1], "abc", 3);
    take(&s);
    sys_enter(b.fd, 0, 2, IORING_ENTER_GETEVENTS, 0, 0);
    take(&b);
    sys_enter(a.fd, 0, 1, IORING_ENTER_GETEVENTS, 0, 0);
    take(&a);
    if (i % 20 == 19) {
      printf("round %d: %d done, %lx\n", i, done, hash);
      fflush(stdout);
      usleep(7000);
    }
  }
  return done & 127;
}
