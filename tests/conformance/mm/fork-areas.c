/* Areas with pages that came over fork do not merge with new ones; others do. */
#include "mm.h"
static char *base;
static void seen(const char *what) {
  char line[512];
  FILE *f = fopen("/proc/self/maps", "r");
  printf("%s:", what);
  while (fgets(line, sizeof line, f)) {
    unsigned long a, b;
    sscanf(line, "%lx-%lx", &a, &b);
    if (a < (unsigned long)base + 32 * PAGE && b > (unsigned long)base)
      printf(" %ld-%ld", (long)(a - (unsigned long)base) / PAGE, (long)(b - (unsigned long)base) / PAGE);
  }
  printf("\n");
  fclose(f);
}
static void at(int page, int pages) { mmap(base + page * PAGE, pages * PAGE, RW, ANON | MAP_FIXED, -1, 0); }
static void child(void) {
  seen("inherited");
  at(3, 3);
  seen("after a written area");
  base[3 * PAGE] = 1;
  at(11, 2);
  seen("after an untouched area");
  mprotect(base + PAGE, PAGE, PROT_READ);
  seen("split");
  mprotect(base + PAGE, PAGE, RW);
  seen("whole again");
  at(6, 1);
  seen("new after new");
  fflush(stdout);
}
int main(void) {
  setvbuf(stdout, 0, _IOFBF, 65536);
  // Between two areas that merge with nothing.
  base = (char *)mmap(NULL, 64 * PAGE, PROT_NONE, ANON, -1, 0) + 16 * PAGE;
  munmap(base, 32 * PAGE);
  at(0, 3);
  base[0] = 1;
  at(8, 3);
  seen("parent");
  fflush(stdout);
  if (fork() == 0) {
    child();
    if (fork() == 0) {
      seen("grandchild");
      fflush(stdout);
      _exit(0);
    }
    wait(NULL);
    _exit(0);
  }
  wait(NULL);
  at(3, 1);
  seen("parent's own still merge");
  return 0;
}
