/* mincore: what is in memory, and errors. */
#include "mm.h"
static void show(const char *what, void *p, int n) {
  unsigned char vec[64];
  memset(vec, 9, sizeof vec);
  if (mincore(p, n * PAGE, vec) < 0) {
    printf("%s: %s\n", what, name(errno));
    return;
  }
  printf("%s: ", what);
  for (int i = 0; i < n; i++) printf("%d", vec[i]);
  printf(" next %d\n", vec[n]);
}
int main(void) {
  char *p = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);
  show("fresh", p, 8);
  p[PAGE] = 1;
  p[3 * PAGE] = 1;
  show("touched", p, 8);
  volatile char c = p[5 * PAGE];
  show("read", p, 8);
  madvise(p + PAGE, PAGE, MADV_DONTNEED);
  show("dropped", p, 8);
  munmap(p + 2 * PAGE, PAGE);
  show("hole", p, 8);
  show("before the hole", p, 2);
  unsigned char vec[8];
  result("odd", mincore(p + 1, PAGE, vec));
  result("length 0", mincore(p, 0, vec));
  result("odd length", mincore(p + 3 * PAGE, 1, vec));
  result("bad vector", mincore(p, PAGE, (void *)1));
  result("over the end", mincore((void *)0x7ffffffff000, PAGE, vec));
  result("overflow", mincore(p, -1, vec));
  result("nothing there", mincore((void *)0x10000, PAGE, vec));
  char *q = mmap(NULL, 4 * PAGE, RW, ANON | MAP_POPULATE, -1, 0);
  show("populated", q, 4);
  q = mmap(NULL, 4 * PAGE, PROT_NONE, ANON | MAP_POPULATE, -1, 0);
  show("populated none", q, 4);
  q = mmap(NULL, 4 * PAGE, RW, ANON | MAP_POPULATE | MAP_NONBLOCK, -1, 0);
  show("populated nonblock", q, 4);
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  write(fd, "x", 1);
  char *f = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
  show("written file", f, 1);
  return c;
}
