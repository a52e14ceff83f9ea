/* What the programs of this directory share: io_uring by system calls alone. */
#ifndef URING_H
#define URING_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Newer than some headers. */
#ifndef IORING_SETUP_NO_MMAP
#define IORING_SETUP_NO_MMAP (1U << 14)
#endif
#ifndef IORING_SETUP_REGISTERED_FD_ONLY
#define IORING_SETUP_REGISTERED_FD_ONLY (1U << 15)
#endif
#ifndef IORING_SETUP_NO_SQARRAY
#define IORING_SETUP_NO_SQARRAY (1U << 16)
#endif
#ifndef IORING_SETUP_CQE_MIXED
#define IORING_SETUP_CQE_MIXED (1U << 18)
#endif
#ifndef IORING_ENTER_ABS_TIMER
#define IORING_ENTER_ABS_TIMER (1U << 5)
#define IORING_ENTER_EXT_ARG_REG (1U << 6)
#endif

struct ring {
  int fd;
  struct io_uring_params p;
  unsigned *sq_head, *sq_tail, *sq_mask, *sq_flags, *sq_dropped, *sq_array;
  unsigned *cq_head, *cq_tail, *cq_mask, *cq_overflow, *cq_flags;
  struct io_uring_sqe *sqes;
  struct io_uring_cqe *cqes;
  char *mem;
  size_t mem_size, sqes_size;
  unsigned tail; /* SQEs filled in */
};

static int sys_setup(unsigned n, struct io_uring_params *p) { return syscall(425, n, p); }
static int sys_enter(int fd, unsigned submit, unsigned wait, unsigned flags, void *arg, size_t sz) {
  return syscall(426, fd, submit, wait, flags, arg, sz);
}
static int sys_register(int fd, unsigned op, void *arg, unsigned n) { return syscall(427, fd, op, arg, n); }

static const char *err(int r) {
  static char buf[4][32];
  static int i;
  char *b = buf[i++ & 3];
  if (r >= 0) sprintf(b, "%d", r);
  else snprintf(b, 32, "-%s", strerrorname_np(-r) ? strerrorname_np(-r) : "?");
  return b;
}
/* A system call's result as a number or -errno. */
static int res(long r) { return r < 0 ? -errno : r; }

static int ring_init_params(struct ring *r, unsigned n, struct io_uring_params *p) {
  memset(r, 0, sizeof *r);
  r->fd = sys_setup(n, p);
  if (r->fd < 0) return -errno;
  r->p = *p;
  size_t cqe = (p->flags & IORING_SETUP_CQE32) ? 32 : 16;
  size_t a = p->sq_off.array + p->sq_entries * 4, b = p->cq_off.cqes + p->cq_entries * cqe;
  r->mem_size = a > b ? a : b;
  r->sqes_size = p->sq_entries * ((p->flags & IORING_SETUP_SQE128) ? 128 : 64);
  char *m = mmap(0, r->mem_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQ_RING);
  if (m == MAP_FAILED) return -errno;
  r->mem = m;
  r->sqes = mmap(0, r->sqes_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
  if (r->sqes == MAP_FAILED) return -errno;
  r->sq_head = (void *)(m + p->sq_off.head);
  r->sq_tail = (void *)(m + p->sq_off.tail);
  r->sq_mask = (void *)(m + p->sq_off.ring_mask);
  r->sq_flags = (void *)(m + p->sq_off.flags);
  r->sq_dropped = (void *)(m + p->sq_off.dropped);
  r->sq_array = (p->flags & IORING_SETUP_NO_SQARRAY) ? 0 : (void *)(m + p->sq_off.array);
  r->cq_head = (void *)(m + p->cq_off.head);
  r->cq_tail = (void *)(m + p->cq_off.tail);
  r->cq_mask = (void *)(m + p->cq_off.ring_mask);
  r->cq_overflow = (void *)(m + p->cq_off.overflow);
  r->cq_flags = (void *)(m + p->cq_off.flags);
  r->cqes = (void *)(m + p->cq_off.cqes);
  return 0;
}
static int ring_init(struct ring *r, unsigned n, unsigned flags) {
  struct io_uring_params p;
  memset(&p, 0, sizeof p);
  p.flags = flags;
  return ring_init_params(r, n, &p);
}
static void ring_exit(struct ring *r) {
  munmap(r->mem, r->mem_size);
  munmap(r->sqes, r->sqes_size);
  close(r->fd);
}
static struct io_uring_sqe *get_sqe(struct ring *r) {
  unsigned i = r->tail++ & *r->sq_mask;
  if (r->sq_array) r->sq_array[i] = i;
  struct io_uring_sqe *s = (void *)((char *)r->sqes + i * ((r->p.flags & IORING_SETUP_SQE128) ? 128 : 64));
  memset(s, 0, 64);
  return s;
}
static struct io_uring_sqe *prep(struct ring *r, int op, int fd, const void *addr, unsigned len, uint64_t off, uint64_t data) {
  struct io_uring_sqe *s = get_sqe(r);
  s->opcode = op;
  s->fd = fd;
  s->addr = (uintptr_t)addr;
  s->len = len;
  s->off = off;
  s->user_data = data;
  return s;
}
static void flush(struct ring *r) { __atomic_store_n(r->sq_tail, r->tail, __ATOMIC_RELEASE); }
static int submit_wait(struct ring *r, unsigned wait) {
  unsigned n = r->tail - __atomic_load_n(r->sq_head, __ATOMIC_ACQUIRE);
  flush(r);
  return res(sys_enter(r->fd, n, wait, wait ? IORING_ENTER_GETEVENTS : 0, 0, 0));
}
static int submit(struct ring *r) { return submit_wait(r, 0); }
static unsigned ready(struct ring *r) { return __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) - *r->cq_head; }
static struct io_uring_cqe *peek(struct ring *r) {
  if (!ready(r)) return 0;
  return (void *)((char *)r->cqes + ((*r->cq_head & *r->cq_mask) << ((r->p.flags & IORING_SETUP_CQE32) ? 5 : 4)));
}
static void seen(struct ring *r) { __atomic_store_n(r->cq_head, *r->cq_head + 1, __ATOMIC_RELEASE); }
/* Waits for one CQE, prints it and takes it. */
static int reap(struct ring *r, const char *what) {
  if (!ready(r)) {
    int e = res(sys_enter(r->fd, 0, 1, IORING_ENTER_GETEVENTS, 0, 0));
    if (e < 0) {
      printf("%s: wait %s\n", what, err(e));
      return e;
    }
  }
  struct io_uring_cqe *c = peek(r);
  if (!c) {
    printf("%s: nothing\n", what);
    return -1;
  }
  int v = c->res;
  printf("%s: data %llu res %s flags %x\n", what, (unsigned long long)c->user_data, err(v), c->flags);
  seen(r);
  return v;
}
/* Prints n CQEs ordered by user_data, since workers finish in any order. */
static void reap_sorted(struct ring *r, const char *what, int n) {
  struct io_uring_cqe a[64];
  int k = 0;
  while (k < n && k < 64) {
    if (!ready(r) && sys_enter(r->fd, 0, 1, IORING_ENTER_GETEVENTS, 0, 0) < 0) break;
    while (k < n && ready(r)) {
      a[k++] = *peek(r);
      seen(r);
    }
  }
  for (int i = 0; i < k; i++)
    for (int j = i + 1; j < k; j++)
      if (a[j].user_data < a[i].user_data) {
        struct io_uring_cqe t = a[i];
        a[i] = a[j];
        a[j] = t;
      }
  for (int i = 0; i < k; i++) printf("%s: data %llu res %s flags %x\n", what, (unsigned long long)a[i].user_data, err(a[i].res), a[i].flags);
}
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
