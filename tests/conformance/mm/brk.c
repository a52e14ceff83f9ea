/* The program break. */
#include "mm.h"
static long setbrk(void *p) { return syscall(SYS_brk, p); }
int main(void) {
  catchFaults();
  setvbuf(stdout, malloc(8192), _IOFBF, 8192);
  char *base = (char *)setbrk(0);
  char *start = (char *)(((unsigned long)base + PAGE - 1) & ~(PAGE - 1));
  printf("same %d\n", setbrk(0) == (long)base);
  printf("too low %d\n", setbrk((void *)0x1000) == (long)base);
  printf("too high %d\n", setbrk((void *)0x7fffffffffff) == (long)base);
  printf("grow %d\n", setbrk(start + 4 * PAGE) == (long)(start + 4 * PAGE));
  printf("zero %d\n", start[3 * PAGE]);
  memset(start, 5, 4 * PAGE);
  printf("odd %d\n", setbrk(start + 4 * PAGE + 1) == (long)(start + 4 * PAGE + 1));
  tryWrite("odd page", start + 5 * PAGE - 1, 3);
  tryWrite("behind", start + 5 * PAGE, 3);
  printf("shrink %d\n", setbrk(start + PAGE) == (long)(start + PAGE));
  tryRead("kept", start + PAGE - 1);
  tryRead("gone", start + PAGE);
  setbrk(start + 3 * PAGE);
  printf("fresh %d %d\n", start[PAGE], start[2 * PAGE]);
  /* shrinking within a page keeps its bytes */
  start[PAGE + 50] = 9;
  setbrk(start + PAGE + 10);
  setbrk(start + 2 * PAGE);
  printf("within a page %d\n", start[PAGE + 50]);
  /* a mapping in the way */
  char *wall = mmap(start + 16 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
  char *now = (char *)setbrk(0);
  printf("up to the wall %d\n", setbrk(start + 15 * PAGE) == (long)(start + 15 * PAGE));
  printf("through the wall %d\n", setbrk(start + 20 * PAGE) == (long)(start + 15 * PAGE));
  munmap(wall, PAGE);
  printf("without it %d\n", setbrk(start + 20 * PAGE) == (long)(start + 20 * PAGE));
  setbrk(now);
  struct rlimit old, r;
  getrlimit(RLIMIT_DATA, &old);
  r = old;
  r.rlim_cur = 1 << 20;
  setrlimit(RLIMIT_DATA, &r);
  printf("over RLIMIT_DATA %d\n", setbrk(now + (4 << 20)) == (long)now);
  setrlimit(RLIMIT_DATA, &old);
  printf("lifted %d\n", setbrk(now + (4 << 20)) == (long)(now + (4 << 20)));
  setbrk(now);
  if (fork() == 0) {
    printf("child %d\n", setbrk(now + PAGE) == (long)(now + PAGE));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  printf("parent %d\n", setbrk(0) == (long)now);
  return 0;
}
