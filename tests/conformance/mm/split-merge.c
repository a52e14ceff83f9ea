/* Areas are split by partial changes and merge again. */
#include "mm.h"
int main(void) {
  char *p = mmap(NULL, 18 * PAGE, PROT_NONE, ANON, -1, 0);
  /* guarded on both sides */
  char *a = p + PAGE;
  munmap(a, 16 * PAGE);
  mmap(a, 8 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
  areas("one", a, 16 * PAGE);
  mprotect(a + 2 * PAGE, 2 * PAGE, PROT_READ);
  areas("middle read-only", a, 16 * PAGE);
  mprotect(a + 2 * PAGE, PAGE, RW);
  areas("half back", a, 16 * PAGE);
  mprotect(a + 3 * PAGE, PAGE, RW);
  areas("all back", a, 16 * PAGE);
  munmap(a + PAGE, PAGE);
  areas("hole", a, 16 * PAGE);
  munmap(a + 3 * PAGE, 2 * PAGE);
  areas("two holes", a, 16 * PAGE);
  munmap(a, 5 * PAGE);
  areas("across holes", a, 16 * PAGE);
  mmap(a, 5 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
  areas("filled", a, 16 * PAGE);
  mmap(a + 8 * PAGE, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
  areas("appended", a, 16 * PAGE);
  mmap(a + 12 * PAGE, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  areas("shared behind", a, 16 * PAGE);
  mmap(a + 4 * PAGE, 4 * PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0);
  areas("overlaid", a, 16 * PAGE);
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  ftruncate(fd, 8 * PAGE);
  mmap(a, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0);
  mmap(a + 2 * PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 2 * PAGE);
  areas("file in two parts", a, 4 * PAGE);
  mmap(a + 2 * PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 3 * PAGE);
  areas("other offset", a, 4 * PAGE);
  madvise(a + 8 * PAGE, PAGE, MADV_DONTFORK);
  areas("advice splits", a + 8 * PAGE, 4 * PAGE);
  madvise(a + 8 * PAGE, PAGE, MADV_DOFORK);
  areas("advice merges", a + 8 * PAGE, 4 * PAGE);
  mlock(a + 9 * PAGE, PAGE);
  areas("lock splits", a + 8 * PAGE, 4 * PAGE);
  munlock(a + 8 * PAGE, 4 * PAGE);
  areas("unlock merges", a + 8 * PAGE, 4 * PAGE);
  return 0;
}
