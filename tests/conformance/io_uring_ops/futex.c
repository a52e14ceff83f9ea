// FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAITV.
#include "common.h"
#include <linux/futex.h>
#define SIZE_U32 2
#define PRIVATE 128
#define ADDR3(q) (*(uint64_t *)((char *)(q) + 48))
static struct io_uring_sqe *futex(struct ring *r, int op, uint32_t *word, uint64_t val, uint64_t mask, uint32_t flags, uint64_t data) {
  struct io_uring_sqe *q = sqe(r, op, flags, word, 0, val, data);
  ADDR3(q) = mask;
  return q;
}
static uint32_t word, other;
static struct { uint64_t val, uaddr; uint32_t flags, resv; } v[3];
static void *waiter(void *x) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 5, 0);
  return x;
}
int main(void) {
  struct ring r;
  ring_init(&r, 16, 0);
  struct io_uring_sqe *q;
  word = 5;
  futex(&r, OP_FUTEX_WAIT, &word, 4, -1u, SIZE_U32 | PRIVATE, 1), go(&r, "another value", 1);
  futex(&r, OP_FUTEX_WAIT, &word, 5, -1u, SIZE_U32 | PRIVATE, 2), submit(&r);
  quiet(&r, "waits");
  futex(&r, OP_FUTEX_WAKE, &word, 1, -1u, SIZE_U32 | PRIVATE, 3), go(&r, "wake", 2);
  futex(&r, OP_FUTEX_WAKE, &word, 1, -1u, SIZE_U32 | PRIVATE, 3), go(&r, "wake nobody", 1);
  futex(&r, OP_FUTEX_WAIT, &word, 5, -1u, SIZE_U32 | PRIVATE, 4), submit(&r);
  printf("woken by the system call: %ld\n", syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 9)), show(&r, "woken", 1);
  // bits
  futex(&r, OP_FUTEX_WAIT, &word, 5, 1, SIZE_U32 | PRIVATE, 5);
  futex(&r, OP_FUTEX_WAIT, &word, 5, 2, SIZE_U32 | PRIVATE, 6), submit(&r);
  futex(&r, OP_FUTEX_WAKE, &word, 9, 2, SIZE_U32 | PRIVATE, 7), go(&r, "bit 2", 2);
  futex(&r, OP_FUTEX_WAKE, &word, 9, 1, SIZE_U32 | PRIVATE, 8), go(&r, "bit 1", 2);
  // shared and private differ
  uint32_t *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  futex(&r, OP_FUTEX_WAIT, shared, 0, -1u, SIZE_U32, 9), submit(&r);
  if (!fork()) settle(), _exit(syscall(SYS_futex, shared, FUTEX_WAKE, 1) != 1);
  int st;
  wait(&st), printf("child %d\n", st), show(&r, "shared", 1);
  // a thread in the system call
  pthread_t t;
  pthread_create(&t, 0, waiter, 0);
  settle();
  futex(&r, OP_FUTEX_WAKE, &word, 1, -1u, SIZE_U32 | PRIVATE, 10), go(&r, "wakes a thread", 1);
  pthread_join(t, 0);
  // cancelled
  futex(&r, OP_FUTEX_WAIT, &word, 5, -1u, SIZE_U32 | PRIVATE, 11), submit(&r);
  sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)11, 0, 0, 12), go(&r, "cancelled", 2);
  futex(&r, OP_FUTEX_WAKE, &word, 1, -1u, SIZE_U32 | PRIVATE, 13), go(&r, "nobody waits", 1);
  // a linked timeout
  struct __kernel_timespec ts = {0, 20000000};
  futex(&r, OP_FUTEX_WAIT, &word, 5, -1u, SIZE_U32 | PRIVATE, 14)->flags = IOSQE_IO_LINK;
  sqe(&r, IORING_OP_LINK_TIMEOUT, -1, &ts, 1, 0, 15), submit(&r);
  for (int i = 0, seen = 0; i < 2; i++) { struct io_uring_cqe c = wait_cqe(&r); print_cqe(c.user_data == 14 ? "timed out" : "the timeout", c); }
  // refused
  futex(&r, OP_FUTEX_WAIT, &word, 5, 0, SIZE_U32 | PRIVATE, 16), go(&r, "no bits", 1);
  futex(&r, OP_FUTEX_WAKE, &word, 5, 0, SIZE_U32 | PRIVATE, 16), go(&r, "no bits", 1);
  futex(&r, OP_FUTEX_WAIT, &word, 5, 1ull << 32, SIZE_U32 | PRIVATE, 16), go(&r, "too many bits", 1);
  futex(&r, OP_FUTEX_WAIT, &word, 1ull << 32 | 5, -1u, SIZE_U32 | PRIVATE, 16), go(&r, "too large a value", 1);
  futex(&r, OP_FUTEX_WAIT, &word, 5, -1u, 3 | PRIVATE, 16), go(&r, "64 bits", 1);
  futex(&r, OP_FUTEX_WAIT, &word, 5, -1u, 0x40 | SIZE_U32, 16), go(&r, "flags", 1);
  futex(&r, OP_FUTEX_WAIT, &word, 5, -1u, SIZE_U32, 16)->rw_flags = 1, go(&r, "futex_flags", 1);
  futex(&r, OP_FUTEX_WAIT, &word, 5, -1u, SIZE_U32, 16)->len = 1, go(&r, "len", 1);
  futex(&r, OP_FUTEX_WAIT, &word, 5, -1u, SIZE_U32, 16)->buf_index = 1, go(&r, "buf_index", 1);
  futex(&r, OP_FUTEX_WAIT, &word, 5, -1u, SIZE_U32, 16)->splice_fd_in = 1, go(&r, "file_index", 1);
  futex(&r, OP_FUTEX_WAIT, (uint32_t *)((char *)&word + 1), 5, -1u, SIZE_U32, 16), go(&r, "not aligned", 1);
  futex(&r, OP_FUTEX_WAIT, (uint32_t *)4096, 5, -1u, SIZE_U32, 16), go(&r, "efault", 1);
  futex(&r, OP_FUTEX_WAKE, &word, 0, -1u, SIZE_U32, 16), go(&r, "wake none", 1);
  // several words
  other = 6;
  v[0].val = 5, v[0].uaddr = (uintptr_t)&word, v[0].flags = SIZE_U32 | PRIVATE;
  v[1].val = 6, v[1].uaddr = (uintptr_t)&other, v[1].flags = SIZE_U32 | PRIVATE;
  sqe(&r, OP_FUTEX_WAITV, 0, v, 2, 0, 20), submit(&r);
  quiet(&r, "waitv");
  futex(&r, OP_FUTEX_WAKE, &other, 1, -1u, SIZE_U32 | PRIVATE, 21), go(&r, "the second", 2);
  sqe(&r, OP_FUTEX_WAITV, 0, v, 2, 0, 22), submit(&r);
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1), show(&r, "the first", 1);
  v[1].val = 9;
  sqe(&r, OP_FUTEX_WAITV, 0, v, 2, 0, 23), go(&r, "another value", 1);
  v[1].val = 6, v[1].flags = 0x40;
  sqe(&r, OP_FUTEX_WAITV, 0, v, 2, 0, 23), go(&r, "flags", 1);
  v[1].flags = SIZE_U32, v[1].resv = 1;
  sqe(&r, OP_FUTEX_WAITV, 0, v, 2, 0, 23), go(&r, "reserved", 1);
  v[1].resv = 0;
  sqe(&r, OP_FUTEX_WAITV, 0, v, 0, 0, 23), go(&r, "none", 1);
  sqe(&r, OP_FUTEX_WAITV, 0, v, 129, 0, 23), go(&r, "too many", 1);
  sqe(&r, OP_FUTEX_WAITV, 0, (void *)8, 2, 0, 23), go(&r, "efault", 1);
  sqe(&r, OP_FUTEX_WAITV, 1, v, 2, 0, 23), go(&r, "fd", 1);
  sqe(&r, OP_FUTEX_WAITV, 0, v, 2, 0, 24), submit(&r);
  sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)24, 0, 0, 25), go(&r, "cancelled", 2);
  // a waiter left over when the ring goes
  futex(&r, OP_FUTEX_WAIT, &word, 5, -1u, SIZE_U32 | PRIVATE, 30), submit(&r);
  ring_exit(&r), settle();
  printf("after the ring: %ld\n", syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 9) < 2);
}
