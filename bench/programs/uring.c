/* What io_uring costs: uring MODE N prints the nanoseconds of one operation. */
#include "../../tests/conformance/io_uring/uring.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}
static void spin(struct ring *r, unsigned n) {
  while (ready(r) < n) {
    if (__atomic_load_n(r->sq_flags, __ATOMIC_RELAXED) & IORING_SQ_NEED_WAKEUP) sys_enter(r->fd, 0, 0, IORING_ENTER_SQ_WAKEUP, 0, 0);
    __builtin_ia32_pause();
  }
}

int main(int argc, char **argv) {
  const char *mode = argv[1];
  int n = atoi(argv[2]), deep = strstr(mode, "32") ? 32 : 1, sq = !strncmp(mode, "sqpoll", 6), op = strstr(mode, "nop") ? IORING_OP_NOP : IORING_OP_READ;
  char name[] = "/tmp/uring-bench-XXXXXX", buf[512] = {0};
  int fd = mkstemp(name);
  unlink(name);
  write(fd, buf, 512);
  struct ring r;
  struct io_uring_params p = {.flags = sq ? IORING_SETUP_SQPOLL : 0, .sq_thread_idle = 2000};
  if (ring_init_params(&r, 64, &p)) return 1;
  double t = now();
  if (!strcmp(mode, "pread"))
    for (int i = 0; i < n; i++) pread(fd, buf, 512, 0);
  else
    for (int i = 0; i < n; i += deep) {
      for (int k = 0; k < deep; k++) prep(&r, op, fd, buf, 512, 0, k);
      if (sq) {
        flush(&r);
        spin(&r, deep);
      } else submit_wait(&r, deep);
      for (int k = 0; k < deep; k++) seen(&r);
    }
  printf("%.1f\n", (now() - t) / n);
  return 0;
}
