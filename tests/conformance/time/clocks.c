// Every clock: exists or not, resolution sane, monotonic, CPU clocks of this and other processes.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static int cmp(struct timespec a, struct timespec b) { return a.tv_sec != b.tv_sec ? (a.tv_sec > b.tv_sec) - (a.tv_sec < b.tv_sec) : (a.tv_nsec > b.tv_nsec) - (a.tv_nsec < b.tv_nsec); }
int main(void) {
  for (int c = 0; c <= 12; c++) {
    if (c == 8 || c == 9) continue;
    struct timespec a, b, r;
    errno = 0;
    int x = syscall(SYS_clock_gettime, c, &a), e1 = errno;
    errno = 0;
    int y = syscall(SYS_clock_getres, c, &r), e2 = errno;
    syscall(SYS_clock_gettime, c, &b);
    printf("clock %d: get %d %d res %d %d", c, x, e1, y, e2);
    if (x == 0) printf(" valid=%d forward=%d", a.tv_nsec >= 0 && a.tv_nsec < 1000000000, cmp(a, b) <= 0);
    if (y == 0 && (c < 5 || c == 7 || c == 11)) printf(" res=%ld", r.tv_nsec);
    puts("");
  }
  int bad[] = {-1, 13, 100, -100000000, 0x7fffffff};
  for (int i = 0; i < 5; i++) { struct timespec a; errno = 0; int x = syscall(SYS_clock_gettime, bad[i], &a); int e = errno; printf("bad %d: %d %d\n", i, x, e); }
  clockid_t id;
  printf("getcpuclockid %d\n", clock_getcpuclockid(getpid(), &id));
  struct timespec t; printf("gettime %d\n", clock_gettime(id, &t));
  printf("gone %d\n", clock_getcpuclockid(0x7ffffff, &id));
  errno = 0; int r = syscall(SYS_clock_gettime, 0, 1); int e = errno; printf("fault %d %d\n", r, e);
  struct timespec bs = {1, 1000000000};
  errno = 0; r = syscall(SYS_clock_settime, 1, &t); e = errno; printf("set monotonic %d %d\n", r, e);
  errno = 0; r = syscall(SYS_clock_settime, 0, &bs); e = errno; printf("set invalid %d %d\n", r, e);
  struct timespec m1, m2; struct timeval tv; clock_gettime(CLOCK_REALTIME, &m1); gettimeofday(&tv, 0); clock_gettime(CLOCK_REALTIME, &m2);
  printf("gettimeofday between: %d\n", tv.tv_sec >= m1.tv_sec && tv.tv_sec <= m2.tv_sec);
  time_t now = time(0); printf("time agrees: %d\n", now >= m1.tv_sec && now <= m2.tv_sec + 1);
  return 0;
}
