// Times of a file that is mapped, and read and written through mappings.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int fd;
static void old(void) {
  struct timespec t[2] = {{1000, 0}, {2000, 0}};
  futimens(fd, t);
}
static void show(const char *what) {
  struct stat st;
  fstat(fd, &st);
  printf("%s: access %s change %s\n", what, st.st_atime == 1000 ? "old" : "new", st.st_mtime == 2000 ? "old" : "new");
}

int main(void) {
  fd = open("file", O_RDWR | O_CREAT, 0600);
  ftruncate(fd, 3 * 4096);
  old();
  show("set");
  volatile char *p = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  show("mapped");
  old();
  p[1] = 1;
  show("written");
  old();
  p[4096] = 1;
  show("another page");
  msync((void *)p, 4096, MS_SYNC);
  munmap((void *)p, 3 * 4096);
  old();
  p = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
  show("mapped for reading");
  old();
  (void)p[0];
  show("read");
  volatile char *q = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  old();
  q[0] = 7;
  show("private page written");
  old();
  read(fd, (char[10]){0}, 10);
  show("read by a call");
  return 0;
}
