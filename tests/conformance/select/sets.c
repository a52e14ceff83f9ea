// select: sets at word and FD_SETSIZE edges, bad numbers and descriptors, counting, null sets.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>
static unsigned long rd[64], wr[64], ex[64];
#define BIT(s, n) ((s)[(n) / 64] >> ((n) % 64) & 1)
#define SET(s, n) ((s)[(n) / 64] |= 1ul << ((n) % 64))
static long go(const char *what, int n, int r, int w, int x) {
  struct timeval t = {0, 0};
  long k = syscall(SYS_select, n, r ? rd : NULL, w ? wr : NULL, x ? ex : NULL, &t);
  printf("%s: %ld %s\n", what, k, k < 0 ? strerrorname_np(errno) : "");
  return k;
}
static void clear(void) {
  memset(rd, 0, sizeof rd), memset(wr, 0, sizeof wr), memset(ex, 0, sizeof ex);
}
int main(void) {
  static const int places[] = {63, 64, 65, 127, 128, 1023, 1024, 1025, 2047, 2048, 4000};
  int fd = eventfd(1, EFD_NONBLOCK);
  struct rlimit l = {5000, 5000};
  setrlimit(RLIMIT_NOFILE, &l);
  for (int i = 0; i < 11; i++) {
    int f = places[i];
    dup2(fd, f);
    for (int n = f - 1; n <= f + 2; n++) {
      clear();
      SET(rd, f);
      SET(wr, f);
      SET(ex, f);
      char what[40];
      sprintf(what, "fd %d, n %d", f, n);
      go(what, n, 1, 1, 1);
      printf("  %ld%ld%ld\n", BIT(rd, f), BIT(wr, f), BIT(ex, f));
    }
  }
  clear();
  go("negative", -1, 1, 1, 1);
  go("very negative", -2147483647 - 1, 1, 1, 1);
  go("nothing", 0, 0, 0, 0);
  SET(rd, 64), SET(rd, 65), SET(wr, 64);
  go("three", 66, 1, 1, 1);
  go("again, only the first two sets", 66, 1, 1, 0);
  clear();
  SET(rd, 66);
  go("a closed one", 67, 1, 0, 0);
  printf("  left as it was: %ld\n", BIT(rd, 66));
  go("beyond n", 66, 1, 0, 0);
  printf("  cleared? %ld\n", BIT(rd, 66));
  clear();
  SET(rd, 4001);
  go("n far beyond the table", 2147483647, 0, 0, 0);
  static const unsigned long wild[] = {1, 0x800000000000, 0xffff800000000000, -1ul};
  struct timeval t = {0, 0};
  for (int i = 0; i < 4; i++)
    for (int which = 0; which < 4; which++) {
      long a[4] = {(long)rd, (long)wr, (long)ex, (long)&t};
      a[which] = wild[i];
      clear();
      long k = syscall(SYS_select, 65, a[0], a[1], a[2], a[3]);
      printf("wild %lx in %d: %s\n", wild[i], which, k < 0 ? strerrorname_np(errno) : "ok");
    }
  static const struct timeval bad[] = {{-1, 0}, {0, -1}, {0, 1000000}, {0, 2000000}, {-1, 5000000}};
  for (int i = 0; i < 5; i++) {
    struct timeval b = bad[i];
    clear();
    SET(rd, 64);
    long k = syscall(SYS_select, 65, rd, NULL, NULL, &b);
    printf("time %ld %ld: %ld %s, left %d\n", bad[i].tv_sec, bad[i].tv_usec, k, k < 0 ? strerrorname_np(errno) : "", k > 0 && b.tv_sec >= 0);
  }
  return 0;
}
