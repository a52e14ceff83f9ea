/* RLIMIT_AS and RLIMIT_DATA. */
#include "mm.h"
static long vmSize(void) {
  FILE *f = fopen("/proc/self/statm", "r");
  long n = 0;
  fscanf(f, "%ld", &n);
  fclose(f);
  return n;
}
static void as(void) {
  long now = vmSize();
  struct rlimit r = {(now + 100) * PAGE, RLIM_INFINITY};
  setrlimit(RLIMIT_AS, &r);
  mapped("over", mmap(NULL, 101 * PAGE, PROT_NONE, ANON, -1, 0));
  char *p = mmap(NULL, 100 * PAGE, PROT_NONE, ANON, -1, 0);
  mapped("just", p);
  mapped("one more", mmap(NULL, PAGE, PROT_NONE, ANON, -1, 0));
  mapped("in its place", mmap(p, 100 * PAGE, RW, ANON | MAP_FIXED, -1, 0));
  mapped("mremap", mremap(p, 100 * PAGE, 101 * PAGE, MREMAP_MAYMOVE));
  void *b = sbrk(0);
  printf("brk %d\n", sbrk(64 * PAGE) == (void *)-1);
  munmap(p, 50 * PAGE);
  mapped("half", mmap(NULL, 50 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  printf("pages %d\n", vmSize() - now == 100);
}
static void data(void) {
  struct rlimit r = {32 << 20, RLIM_INFINITY};
  setrlimit(RLIMIT_DATA, &r);
  mapped("private writable over", mmap(NULL, 64 << 20, RW, ANON, -1, 0));
  mapped("private read-only", mmap(NULL, 64 << 20, PROT_READ, ANON, -1, 0));
  mapped("shared", mmap(NULL, 64 << 20, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  char *p = mmap(NULL, 16 << 20, RW, ANON, -1, 0);
  mapped("within", p);
  mapped("twice", mmap(NULL, 16 << 20, RW, ANON, -1, 0));
  char *q = mmap(NULL, 64 << 20, PROT_READ, ANON, -1, 0);
  result("made writable", mprotect(q, 64 << 20, RW));
  mapped("grown", mremap(p, 16 << 20, 48 << 20, MREMAP_MAYMOVE));
}
int main(void) {
  for (int i = 0; i < 2; i++) {
    fflush(stdout);
    if (fork() == 0) {
      if (i == 0) as();
      else data();
      fflush(stdout);
      _exit(0);
    }
    wait(NULL);
  }
  return 0;
}
