/* mremap: growing in place, moving, fixed places, errors. */
#include "mm.h"
static void fill(char *p, int pages) {
  for (int i = 0; i < pages; i++) p[i * PAGE] = 'a' + i;
}
static void show(const char *what, char *p, int pages) {
  printf("%s:", what);
  for (int i = 0; i < pages; i++) printf(" %d", p[i * PAGE]);
  printf("\n");
}
int main(void) {
  catchFaults();
  char *room = mmap(NULL, 64 * PAGE, PROT_NONE, ANON, -1, 0);
  char *p = mmap(room, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
  fill(p, 4);
  mapped("no room in place", mremap(p, 4 * PAGE, 8 * PAGE, 0));
  munmap(room + 4 * PAGE, 20 * PAGE);
  char *q = mremap(p, 4 * PAGE, 8 * PAGE, 0);
  printf("in place %d\n", q == p);
  show("grown", q, 8);
  q = mremap(p, 8 * PAGE, 2 * PAGE, 0);
  printf("shrunk %d\n", q == p);
  tryRead("cut off", p + 2 * PAGE);
  char *target = room + 40 * PAGE;
  q = mremap(p, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target);
  printf("fixed %d\n", q == target);
  show("moved", q, 3);
  tryRead("old place", p);
  areas("around", room, 64 * PAGE);
  mapped("fixed without may-move", mremap(q, PAGE, PAGE, MREMAP_FIXED, p));
  mapped("overlapping", mremap(q, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q + PAGE));
  mapped("unknown flag", mremap(q, PAGE, PAGE, 8));
  mapped("odd address", mremap(q + 1, PAGE, PAGE, 0));
  mapped("odd target", mremap(q, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 1));
  mapped("new size 0", mremap(q, PAGE, 0, 0));
  mapped("old size 0", mremap(q, 0, PAGE, MREMAP_MAYMOVE));
  mapped("old size 0, shared, no move", mremap(mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), 0, PAGE, 0));
  mapped("nothing there", mremap((void *)0x10000, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
  mapped("over two areas", mremap(q, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE));
  mapped("target over the end", mremap(q, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, 0x7ffffffff000));
  /* a second view of shared memory */
  char *s = mmap(NULL, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  s[0] = 's';
  char *s2 = mremap(s, 0, 2 * PAGE, MREMAP_MAYMOVE);
  printf("second view %d %c\n", s2 != s, s2[0]);
  s2[PAGE] = 't';
  printf("same memory %c\n", s[PAGE]);
  /* keeping the old place */
  char *d = mmap(NULL, 2 * PAGE, RW, ANON, -1, 0);
  fill(d, 2);
  char *e = (char *)syscall(SYS_mremap, d, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  mapped("dontunmap", e);
  show("old", d, 2);
  show("new", e, 2);
  mapped("dontunmap other size", (void *)syscall(SYS_mremap, d, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
  mapped("dontunmap without may-move", (void *)syscall(SYS_mremap, d, 2 * PAGE, 2 * PAGE, MREMAP_DONTUNMAP, 0));
  /* a file mapping that moves keeps its offset */
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  for (int i = 0; i < 8; i++) {
    char page[PAGE];
    memset(page, 'A' + i, PAGE);
    write(fd, page, PAGE);
  }
  char *f = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, PAGE);
  f[PAGE] = 'z';
  char *g = mremap(f + PAGE, 2 * PAGE, 5 * PAGE, MREMAP_MAYMOVE);
  printf("file: %c %c %c %c %c, left %c\n", g[0], g[PAGE], g[2 * PAGE], g[3 * PAGE], g[4 * PAGE], f[0]);
  /* shrinking in the middle of an area */
  char *m = mmap(NULL, 6 * PAGE, RW, ANON, -1, 0);
  mremap(m + PAGE, 3 * PAGE, PAGE, 0);
  areas("shrunk inside", m, 6 * PAGE);
  /* growth by moving, many times */
  char *grow = mmap(NULL, PAGE, RW, ANON, -1, 0);
  size_t size = PAGE;
  grow[0] = 1;
  for (int i = 0; i < 8; i++) {
    grow = mremap(grow, size, size * 2, MREMAP_MAYMOVE);
    grow[size] = i + 2;
    size *= 2;
  }
  int sum = 0;
  for (size_t i = 0; i < size; i += PAGE) sum += grow[i];
  printf("grown to %zu: %d\n", size / PAGE, sum);
  return 0;
}
