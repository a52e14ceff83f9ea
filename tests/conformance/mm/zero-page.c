/* Reading untouched memory costs no memory; writing it afterwards gives each process its own. */
#include "mm.h"
static long anon(void) {
  FILE *f = fopen("/proc/self/status", "r");
  char line[256];
  long v = -1;
  while (fgets(line, sizeof line, f))
    if (!strncmp(line, "RssAnon:", 8)) sscanf(line + 8, " %ld", &v);
  fclose(f);
  return v / 4;
}
int main(void) {
  anon();
  char *p = mmap(NULL, 1000 * PAGE, RW, ANON, -1, 0);
  long before = anon();
  long sum = 0;
  for (int i = 0; i < 1000; i++) sum += p[i * PAGE];
  printf("read %ld, pages more: %d\n", sum, anon() - before > 100);
  for (int i = 0; i < 500; i++) p[i * PAGE] = 1;
  long half = anon() - before;
  printf("written: %d\n", half >= 490 && half < 600);
  sum = 0;
  for (int i = 0; i < 1000; i++) sum += p[i * PAGE] + p[i * PAGE + 1];
  printf("sum %ld\n", sum);
  fflush(stdout);
  if (fork() == 0) {
    for (int i = 400; i < 600; i++) p[i * PAGE + 1] = 2;
    sum = 0;
    for (int i = 0; i < 1000; i++) sum += p[i * PAGE] + p[i * PAGE + 1];
    printf("child %ld\n", sum);
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  sum = 0;
  for (int i = 0; i < 1000; i++) sum += p[i * PAGE] + p[i * PAGE + 1];
  printf("parent %ld\n", sum);
  madvise(p, 1000 * PAGE, MADV_DONTNEED);
  printf("given back: %d\n", anon() - before < 100);
  /* the kernel reading it finds zeros as well, and writing does not spoil them */
  char *q = mmap(NULL, 2 * PAGE, RW, ANON, -1, 0);
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  write(fd, q, 2 * PAGE);
  volatile char c = q[0];
  pwrite(fd, "abc", 3, 0);
  pread(fd, q, 3, 0);
  char *r = mmap(NULL, PAGE, PROT_READ, ANON, -1, 0);
  printf("%d %s %d %d\n", c, q, r[0], r[1]);
  mprotect(r, PAGE, RW);
  r[0] = 5;
  char *s = mmap(NULL, PAGE, PROT_READ, ANON, -1, 0);
  printf("%d %d\n", r[0], s[0]);
  return 0;
}
