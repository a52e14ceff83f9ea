/* Which pages are there, and whose they are. */
#include "proc.h"
static void look(const char *what, int fd, char *p) {
  unsigned long e = 0;
  pread(fd, &e, 8, (long)p / 4096 * 8);
  printf("%s: present %d file %d\n", what, (int)(e >> 63), (int)(e >> 61 & 1));
}
int main(void) {
  int fd = open("/proc/self/pagemap", O_RDONLY);
  char *p = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  look("untouched", fd, p);
  p[0] = 1;
  look("touched", fd, p);
  look("next", fd, p + 4096);
  int f = open("file", O_RDWR | O_CREAT, 0600);
  ftruncate(f, 4096);
  char *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
  m[0] = 1;
  look("file", fd, m);
  munmap(p, 16384);
  look("unmapped", fd, p);
  char c[3];
  long n = pread(fd, c, 3, 0);
  printf("odd size %ld %s\n", n, strerror(errno));
  return 0;
}
