// poll with what is not there: POLLNVAL, negative descriptors, the same file twice, files without a poll operation, limits.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
static struct pollfd p[300];
static void go(const char *what, int n, int timeout) {
  int r = poll(p, n, timeout);
  printf("%s: %d %s:", what, r, r < 0 ? strerrorname_np(errno) : "");
  for (int i = 0; i < n && i < 8; i++) printf(" %#x", (unsigned short)p[i].revents);
  printf("\n");
}
static long raw(unsigned long addr, unsigned n, int timeout) { return syscall(SYS_poll, addr, n, timeout); }
int main(void) {
  int a[2];
  pipe(a);
  p[0] = (struct pollfd){-1, POLLIN, 99};
  p[1] = (struct pollfd){999, POLLIN, 99};
  p[2] = (struct pollfd){-2147483647 - 1, -1, 99};
  p[3] = (struct pollfd){a[1], POLLOUT, 99};
  p[4] = (struct pollfd){a[1], POLLIN, 99};
  p[5] = (struct pollfd){a[0], 0, 99};
  p[6] = (struct pollfd){0x7fffffff, 0, 99};
  go("mixed", 7, -1);
  p[1].fd = -1, p[6].fd = -5, p[3].fd = -1;
  go("nothing to report", 7, 5);
  close(a[1]);
  go("closed since", 7, -1);
  go("hung up, not asked for", 6, 0);
  p[0] = (struct pollfd){open("file", O_RDWR | O_CREAT, 0600), -1, 0};
  p[1] = (struct pollfd){open(".", O_RDONLY), POLLIN | POLLOUT | POLLPRI, 0};
  p[2] = (struct pollfd){open("/dev/null", O_RDWR), -1, 0};
  p[3] = (struct pollfd){open("file", O_PATH), -1, 0};
  p[4] = (struct pollfd){open("/dev/zero", O_RDONLY), POLLIN, 0};
  p[5] = (struct pollfd){open("file", O_RDONLY), POLLOUT, 0};
  go("always ready", 6, -1);
  unlink("file");
  printf("no entries: %ld\n", raw(0, 0, 0));
  printf("no entries, time-out: %ld\n", raw(0, 0, 3));
  printf("no entries, wild: %ld\n", raw(1, 0, 0));
  printf("null: %s\n", raw(0, 1, 0) < 0 ? strerrorname_np(errno) : "ok");
  printf("kernel: %s\n", raw(0xffff800000000000, 1, 0) < 0 ? strerrorname_np(errno) : "ok");
  char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(page + 4096, 4096);
  struct pollfd *e = (void *)(page + 4096 - 2 * sizeof *e);
  e[0] = e[1] = (struct pollfd){0, 0, 7};
  printf("two fit: %ld\n", raw((unsigned long)e, 2, 0));
  printf("three do not: %s\n", raw((unsigned long)e, 3, 0) < 0 ? strerrorname_np(errno) : "ok");
  e[0] = (struct pollfd){open("/dev/null", O_RDWR), POLLIN, 0x55};
  mprotect(page, 4096, PROT_READ);
  printf("read-only: %s, untouched %#x\n", raw((unsigned long)e, 1, 0) < 0 ? strerrorname_np(errno) : "ok", e[0].revents);
  struct rlimit r = {100, 100};
  setrlimit(RLIMIT_NOFILE, &r);
  for (int i = 0; i < 300; i++) p[i] = (struct pollfd){-1, 0, 0};
  for (int n = 99; n <= 102; n++) printf("%d entries of 100: %s\n", n, raw((unsigned long)p, n, 0) < 0 ? strerrorname_np(errno) : "ok");
  printf("huge: %s\n", raw((unsigned long)p, -1, 0) < 0 ? strerrorname_np(errno) : "ok");
  return 0;
}
