// Writes files through shared mappings: before and after msync, of a mapping that is removed, by a child that ends,
// and by one that never does.
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *map(int fd, int size, int how) { return mmap(0, size, PROT_READ | PROT_WRITE, how, fd, 0); }

int main(void) {
  int fd = open("old", O_RDWR);
  char *p = map(fd, 10000, MAP_SHARED);
  memcpy(p + 4090, "through a mapping", 17);
  msync(p, 10000, MS_SYNC);
  memcpy(p + 9000, "after msync", 11);

  int made = open("new", O_RDWR | O_CREAT, 0644);
  ftruncate(made, 5000);
  char *q = map(made, 5000, MAP_SHARED);
  close(made);
  strcpy(q, "first");
  strcpy(q + 4990, "end");
  munmap(q, 4096);

  int children = open("children", O_RDWR | O_CREAT, 0644);
  int ready[2];
  pipe(ready);
  fallocate(children, 0, 0, 6000);
  if (fork() == 0) {
    char *r = map(children, 6000, MAP_SHARED);
    strcpy(r + 5000, "by a child");
    if (fork() == 0) {
      strcpy(r, "runs on");
      write(ready[1], "x", 1);
      for (;;) pause();
    }
    _exit(0);
  }
  wait(0);
  char c;
  read(ready[0], &c, 1);
  strcpy(map(fd, 4096, MAP_PRIVATE), "private: not written");
  return 0;
}
