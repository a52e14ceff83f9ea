// A ring with raw system calls, and what the tests of this directory share.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

// What the header of an older distribution does not have yet.
enum {
  OP_MSG_RING = 40, OP_FSETXATTR, OP_SETXATTR, OP_FGETXATTR, OP_GETXATTR, OP_SOCKET, OP_URING_CMD, OP_SEND_ZC, OP_SENDMSG_ZC,
  OP_READ_MULTISHOT, OP_WAITID, OP_FUTEX_WAIT, OP_FUTEX_WAKE, OP_FUTEX_WAITV, OP_FIXED_FD_INSTALL, OP_FTRUNCATE, OP_BIND, OP_LISTEN,
  OP_RECV_ZC, OP_EPOLL_WAIT, OP_READV_FIXED, OP_WRITEV_FIXED, OP_PIPE,
};
#define F_BUFFER 1u
#define F_MORE 2u
#define F_NONEMPTY 4u
#define F_NOTIF 8u
#define F_BUF_MORE 16u
#define PBUF_MMAP 1
#define PBUF_INC 2
#define POLL_FIRST 1
#define MULTISHOT 2
#define FIXED_BUF 4
#define REPORT_USAGE 8
#define BUNDLE 16
#define VECTORIZED 32
#define OFF_PBUF 0x80000000ull

struct ring {
  int fd;
  struct io_uring_params p;
  unsigned *sq_head, *sq_tail, *sq_mask, *sq_flags, *sq_array, *cq_head, *cq_tail, *cq_mask, *cq_overflow, pending;
  struct io_uring_sqe *sqes;
  struct io_uring_cqe *cqes;
};

static inline int ring_init_params(struct ring *r, unsigned entries, struct io_uring_params *p) {
  memset(r, 0, sizeof *r);
  r->fd = syscall(__NR_io_uring_setup, entries, p);
  if (r->fd < 0) return -errno;
  r->p = *p;
  size_t sq = p->sq_off.array + p->sq_entries * 4, cq = p->cq_off.cqes + p->cq_entries * (p->flags & IORING_SETUP_CQE32 ? 32 : 16);
  if (cq > sq) sq = cq;
  char *m = mmap(0, sq, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQ_RING);
  r->sqes = mmap(0, p->sq_entries * (p->flags & IORING_SETUP_SQE128 ? 128 : 64), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
  if (m == MAP_FAILED || r->sqes == MAP_FAILED) return -errno;
  r->sq_head = (void *)(m + p->sq_off.head), r->sq_tail = (void *)(m + p->sq_off.tail), r->sq_mask = (void *)(m + p->sq_off.ring_mask);
  r->sq_flags = (void *)(m + p->sq_off.flags), r->sq_array = (void *)(m + p->sq_off.array);
  r->cq_head = (void *)(m + p->cq_off.head), r->cq_tail = (void *)(m + p->cq_off.tail), r->cq_mask = (void *)(m + p->cq_off.ring_mask);
  r->cq_overflow = (void *)(m + p->cq_off.overflow), r->cqes = (void *)(m + p->cq_off.cqes);
  return 0;
}
static inline void ring_init(struct ring *r, unsigned entries, unsigned flags) {
  setvbuf(stdout, 0, _IOLBF, 0);
  struct io_uring_params p = {.flags = flags};
  int e = ring_init_params(r, entries, &p);
  if (e < 0) printf("io_uring_setup: %s\n", strerror(-e)), exit(1);
}
static inline void ring_exit(struct ring *r) { close(r->fd); }
static inline struct io_uring_sqe *sqe(struct ring *r, int op, int fd, const void *addr, unsigned len, uint64_t off, uint64_t data) {
  unsigned tail = *r->sq_tail + r->pending++, i = tail & *r->sq_mask;
  struct io_uring_sqe *s = &r->sqes[i];
  memset(s, 0, sizeof *s);
  if (!(r->p.flags & (1u << 16))) r->sq_array[i] = i; // IORING_SETUP_NO_SQARRAY
  s->opcode = op, s->fd = fd, s->addr = (uintptr_t)addr, s->len = len, s->off = off, s->user_data = data;
  return s;
}
static inline int enter(struct ring *r, unsigned submit, unsigned wait, unsigned flags) {
  int n = syscall(__NR_io_uring_enter, r->fd, submit, wait, flags, 0, 0);
  return n < 0 ? -errno : n;
}
static inline int submit(struct ring *r) {
  unsigned n = r->pending;
  __atomic_store_n(r->sq_tail, *r->sq_tail + n, __ATOMIC_RELEASE);
  r->pending = 0;
  return enter(r, n, 0, r->p.flags & IORING_SETUP_SQPOLL ? IORING_ENTER_SQ_WAKEUP : 0);
}
static inline unsigned ready(struct ring *r) { return __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) - *r->cq_head; }
/* The next completion, waited for. */
static inline struct io_uring_cqe wait_cqe(struct ring *r) {
  while (!ready(r)) {
    int e = enter(r, 0, 1, IORING_ENTER_GETEVENTS);
    if (e < 0 && e != -EINTR) printf("enter: %s\n", strerror(-e)), exit(1);
  }
  struct io_uring_cqe c = r->cqes[*r->cq_head & *r->cq_mask];
  __atomic_store_n(r->cq_head, *r->cq_head + 1, __ATOMIC_RELEASE);
  return c;
}
static inline void print_cqe(const char *what, struct io_uring_cqe c) {
  printf("%s: data %llu res %d%s%s flags", what, c.user_data, c.res < 0 ? c.res : c.res, c.res < 0 ? " " : "", c.res < 0 ? strerror(-c.res) : "");
  if (c.flags & F_BUFFER) printf(" BUFFER %u", c.flags >> 16);
  if (c.flags & F_MORE) printf(" MORE");
  if (c.flags & F_NONEMPTY) printf(" NONEMPTY");
  if (c.flags & F_NOTIF) printf(" NOTIF");
  if (c.flags & F_BUF_MORE) printf(" BUF_MORE");
  if (c.flags & 0xffe0) printf(" %x", c.flags & 0xffe0);
  printf("\n");
}
/* Prints the next n completions in the order of their coming. */
static inline void show(struct ring *r, const char *what, int n) {
  while (n-- > 0) print_cqe(what, wait_cqe(r));
}
/* Submits what is prepared, and prints n completions. */
static inline void go(struct ring *r, const char *what, int n) {
  int s = submit(r);
  if (s < 0) printf("%s: submit %s\n", what, strerror(-s));
  show(r, what, n);
}
static inline int reg(struct ring *r, unsigned op, const void *arg, unsigned n) {
  int e = syscall(__NR_io_uring_register, r->fd, op, arg, n);
  return e < 0 ? -errno : e;
}
static inline void result(const char *what, long r) { printf("%s: %ld%s%s\n", what, r, r < 0 ? " " : "", r < 0 ? strerror(-r) : ""); }
static inline void settle(void) { usleep(20000); }
/* No completion is there. */
static inline void quiet(struct ring *r, const char *what) {
  enter(r, 0, 0, IORING_ENTER_GETEVENTS);
  settle();
  enter(r, 0, 0, IORING_ENTER_GETEVENTS);
  printf("%s: %u more\n", what, ready(r));
}

struct buf { uint64_t addr; uint32_t len; uint16_t bid, resv; };
struct buf_reg { uint64_t ring_addr; uint32_t ring_entries; uint16_t bgid, flags; uint64_t resv[3]; };
struct buf_ring { struct buf *b; unsigned mask; };
static inline uint16_t *br_tail(struct buf_ring *br) { return &br->b[0].resv; }
static inline int br_init(struct ring *r, struct buf_ring *br, unsigned entries, int bgid, int flags) {
  size_t size = (entries * sizeof(struct buf) + 4095) & ~4095ul;
  struct buf_reg a = {.ring_entries = entries, .bgid = bgid, .flags = flags};
  if (!(flags & PBUF_MMAP)) {
    br->b = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    a.ring_addr = (uintptr_t)br->b;
  }
  int e = reg(r, 22, &a, 1);
  if (e < 0) return e;
  if (flags & PBUF_MMAP) br->b = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, OFF_PBUF | ((uint64_t)bgid << 16));
  br->mask = entries - 1;
  return br->b == MAP_FAILED ? -errno : 0;
}
static inline void br_add(struct buf_ring *br, void *addr, unsigned len, int bid) {
  uint16_t t = *br_tail(br);
  struct buf *b = &br->b[t & br->mask];
  b->addr = (uintptr_t)addr, b->len = len, b->bid = bid;
  __atomic_store_n(br_tail(br), t + 1, __ATOMIC_RELEASE);
}

static inline int tcp_listener(struct sockaddr_in *a) {
  socklen_t n = sizeof *a;
  int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  memset(a, 0, sizeof *a);
  a->sin_family = AF_INET, a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bind(l, (void *)a, sizeof *a), listen(l, 16);
  getsockname(l, (void *)a, &n);
  return l;
}
static inline void tcp_pair(int s[2]) {
  struct sockaddr_in a;
  int l = tcp_listener(&a);
  s[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(s[0], (void *)&a, sizeof a) < 0) perror("connect"), exit(1);
  s[1] = accept(l, 0, 0);
  close(l);
}
static inline void pair(int s[2], int type) {
  if (socketpair(AF_UNIX, type, 0, s) < 0) perror("socketpair"), exit(1);
}
