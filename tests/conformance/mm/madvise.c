/* madvise: what each advice does that can be seen, and its errors. */
#include "mm.h"
int main(void) {
  catchFaults();
  char *p = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);
  memset(p, 1, 8 * PAGE);
  result("dontneed", madvise(p, PAGE, MADV_DONTNEED));
  printf("%d %d\n", p[0], p[PAGE]);
  result("length 0", madvise(p, 0, MADV_DONTNEED));
  result("odd", madvise(p + 1, PAGE, MADV_DONTNEED));
  result("unknown", madvise(p, PAGE, 1000));
  result("unknown, length 0", madvise(p, 0, 1000));
  result("overflow", madvise(p, -1, MADV_DONTNEED));
  munmap(p + 3 * PAGE, PAGE);
  result("hole", madvise(p + 2 * PAGE, 3 * PAGE, MADV_DONTNEED));
  printf("both sides %d %d\n", p[2 * PAGE], p[4 * PAGE]);
  result("nothing there", madvise((void *)0x10000, PAGE, MADV_DONTNEED));
  result("normal nothing there", madvise((void *)0x10000, PAGE, MADV_NORMAL));
  result("normal hole", madvise(p + 2 * PAGE, 3 * PAGE, MADV_NORMAL));
  result("sequential", madvise(p, PAGE, MADV_SEQUENTIAL));
  result("random", madvise(p, PAGE, MADV_RANDOM));
  result("willneed anonymous", madvise(p, PAGE, MADV_WILLNEED));
  mlock(p + PAGE, PAGE);
  result("dontneed locked", madvise(p + PAGE, PAGE, MADV_DONTNEED));
  result("dontneed locked anyway", madvise(p + PAGE, PAGE, MADV_DONTNEED_LOCKED));
  printf("%d\n", p[PAGE]);
  munlock(p + PAGE, PAGE);
  result("free", madvise(p + 5 * PAGE, PAGE, MADV_FREE));
  p[5 * PAGE] = 3;
  printf("written after free %d\n", p[5 * PAGE]);
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  char page[PAGE];
  memset(page, 'f', PAGE);
  for (int i = 0; i < 4; i++) write(fd, page, PAGE);
  char *f = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
  char *s = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
  f[0] = 'x';
  result("dontneed private file", madvise(f, PAGE, MADV_DONTNEED));
  printf("%c\n", f[0]);
  s[0] = 'y';
  result("dontneed shared file", madvise(s, PAGE, MADV_DONTNEED));
  printf("%c\n", s[0]);
  result("free of a file", madvise(f, PAGE, MADV_FREE));
  result("wipe on fork of a file", madvise(f, PAGE, MADV_WIPEONFORK));
  char *sa = mmap(NULL, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  sa[0] = 's';
  result("dontneed shared anonymous", madvise(sa, PAGE, MADV_DONTNEED));
  printf("%c\n", sa[0]);
  result("remove shared anonymous", madvise(sa, PAGE, MADV_REMOVE));
  printf("%d\n", sa[0]);
  result("remove private", madvise(p, PAGE, MADV_REMOVE));
  mprotect(sa, PAGE, PROT_READ);
  result("remove read-only", madvise(sa, PAGE, MADV_REMOVE));
  result("free of shared", madvise(sa, PAGE, MADV_FREE));
  /* what the child gets */
  char *c = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
  memset(c, 5, 4 * PAGE);
  result("wipe on fork", madvise(c, PAGE, MADV_WIPEONFORK));
  result("don't fork", madvise(c + PAGE, PAGE, MADV_DONTFORK));
  result("wipe and keep", madvise(c + 2 * PAGE, PAGE, MADV_WIPEONFORK) | madvise(c + 2 * PAGE, PAGE, MADV_KEEPONFORK));
  fflush(stdout);
  if (fork() == 0) {
    tryRead("child wiped", c);
    tryRead("child missing", c + PAGE);
    tryRead("child kept", c + 2 * PAGE);
    tryRead("child plain", c + 3 * PAGE);
    fflush(stdout);
    if (fork() == 0) {
      c[0] = 6;
      tryRead("grandchild wiped", c);
      fflush(stdout);
      _exit(0);
    }
    wait(NULL);
    _exit(0);
  }
  wait(NULL);
  tryRead("parent", c);
  /* populate */
  char *e = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);
  unsigned char vec[8];
  result("populate read", madvise(e, 2 * PAGE, MADV_POPULATE_READ));
  result("populate write", madvise(e + 4 * PAGE, 2 * PAGE, MADV_POPULATE_WRITE));
  mincore(e, 8 * PAGE, vec);
  for (int i = 0; i < 8; i++) printf("%d", vec[i] & 1);
  printf("\n");
  mprotect(e, PAGE, PROT_READ);
  result("populate write, read-only", madvise(e, PAGE, MADV_POPULATE_WRITE));
  mprotect(e, PAGE, PROT_NONE);
  result("populate read, none", madvise(e, PAGE, MADV_POPULATE_READ));
  result("populate over nothing", madvise((void *)0x10000, PAGE, MADV_POPULATE_READ));
  ftruncate(fd, PAGE);
  result("populate beyond the end", madvise(s + 2 * PAGE, PAGE, MADV_POPULATE_READ));
  result("cold", madvise(e + PAGE, PAGE, MADV_COLD));
  result("pageout", madvise(e + PAGE, PAGE, MADV_PAGEOUT));
  result("dontdump", madvise(e, PAGE, MADV_DONTDUMP));
  result("dodump", madvise(e, PAGE, MADV_DODUMP));
  return 0;
}
