/* Data wake a chain: the call that brought them ends with all of the chain done, each link by task work of the one before. */
#include "uring.h"

int main(void) {
  struct ring r;
  int p[2];
  char buf[16];
  if (ring_init(&r, 8, 0) < 0 || pipe(p) < 0) return 1;
  prep(&r, IORING_OP_READ, p[0], buf, 3, 0, 1)->flags = IOSQE_IO_LINK;
  for (int i = 2; i < 5; i++) prep(&r, IORING_OP_NOP, -1, 0, 0, 0, i)->flags = i < 4 ? IOSQE_IO_LINK : 0;
  printf("submit %d, posted %u\n", submit(&r), ready(&r));
  write(p[1], "abc", 3);
  printf("posted %u\n", ready(&r));
  for (struct io_uring_cqe *c; (c = peek(&r)); seen(&r)) printf("%llu: %d\n", (unsigned long long)c->user_data, c->res);

  /* Who came last to a wait queue is told first. */
  char one[8], two[8];
  prep(&r, IORING_OP_READ, p[0], one, 8, 0, 11);
  prep(&r, IORING_OP_READ, p[0], two, 8, 0, 12);
  prep(&r, IORING_OP_POLL_ADD, p[0], 0, 0, 0, 13)->poll32_events = POLLIN;
  printf("submit %d, posted %u\n", submit(&r), ready(&r));
  write(p[1], "de", 2);
  for (struct io_uring_cqe *c; (c = peek(&r)); seen(&r)) printf("%llu: %d\n", (unsigned long long)c->user_data, c->res);
  write(p[1], "f", 1);
  for (struct io_uring_cqe *c; (c = peek(&r)); seen(&r)) printf("%llu: %d\n", (unsigned long long)c->user_data, c->res);
  return 0;
}
