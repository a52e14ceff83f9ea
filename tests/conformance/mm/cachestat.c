/* Pages of a file in memory. */
#include "mm.h"
struct range { uint64_t off, len; };
struct stat_of { uint64_t cache, dirty, writeback, evicted, recently; };
static void ask(const char *what, int fd, uint64_t off, uint64_t len, unsigned flags) {
  struct range r = {off, len};
  struct stat_of s = {9, 9, 9, 9, 9};
  result(what, syscall(451, fd, &r, &s, flags));
  printf("%lu %lu %lu %lu\n", s.cache, s.writeback, s.evicted, s.recently);
}
int main(void) {
  int fd = memfd_create("pages", 0);
  ftruncate(fd, 100 * PAGE);
  ask("empty", fd, 0, 0, 0);
  for (int i = 0; i < 10; i++) pwrite(fd, "x", 1, (20 + 3 * i) * PAGE);
  ask("all", fd, 0, 0, 0);
  ask("from the middle", fd, 30 * PAGE, 0, 0);
  ask("one byte", fd, 20 * PAGE + 5, 1, 0);
  ask("one page and a byte", fd, 20 * PAGE, 3 * PAGE + 1, 0);
  ask("a hole", fd, 21 * PAGE, 2 * PAGE, 0);
  ask("beyond", fd, 1000 * PAGE, 0, 0);
  ask("flags", fd, 0, 0, 1);
  ask("no file", -1, 0, 0, 0);
  struct range r = {0, 0};
  result("no range", syscall(451, fd, 8, &r, 0));
  result("no result", syscall(451, fd, &r, 8, 0));
  int p[2];
  pipe(p);
  ask("pipe", p[0], 0, 0, 0);
  return 0;
}
