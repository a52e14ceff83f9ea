/* The kernel's own accesses to memory: partial transfers at the edge of a mapping, bad pointers. */
#include "mm.h"
static void done(const char *what, long r) {
  if (r < 0) printf("%s: %s\n", what, name(errno));
  else printf("%s: %ld\n", what, r);
}
int main(void) {
  char *p = mmap(NULL, 3 * PAGE, RW, ANON, -1, 0);
  munmap(p + 2 * PAGE, PAGE);
  char *edge = p + 2 * PAGE;
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  char text[3 * PAGE];
  for (unsigned i = 0; i < sizeof text; i++) text[i] = 'a' + i % 26;
  write(fd, text, sizeof text);
  done("read over the edge", pread(fd, edge - 10, 100, 0));
  printf("%.10s\n", edge - 10);
  done("read behind the edge", pread(fd, edge, 100, 0));
  done("read beginning two pages before", pread(fd, p, 3 * PAGE, 0));
  done("write over the edge", pwrite(fd, edge - 10, 100, 0));
  done("write behind the edge", pwrite(fd, edge, 100, 0));
  done("read 0 bytes nowhere", pread(fd, (void *)1, 0, 0));
  done("read to the kernel", pread(fd, (void *)0xffffffff81000000, 10, 0));
  done("read to a non-canonical place", pread(fd, (void *)0x800000000000, 10, 0));
  struct iovec v[3] = {{edge - 5, 5}, {edge, 10}, {p, 10}};
  done("readv with a bad one", preadv(fd, v, 3, 0));
  struct iovec w[2] = {{edge - 5, 5}, {(void *)-1L, 10}};
  done("readv with a bad address", preadv(fd, w, 2, 0));
  int pipes[2];
  pipe2(pipes, O_NONBLOCK);
  done("pipe write over the edge", write(pipes[1], edge - 10, 100));
  done("pipe write behind the edge", write(pipes[1], edge, 100));
  done("pipe read over the edge", read(pipes[0], edge - 4, 100));
  done("path at the edge", (strcpy(edge - 5, "file"), access(edge - 5, F_OK)));
  memcpy(edge - 4, "file", 4);
  done("path without end", access(edge - 4, F_OK));
  done("path nowhere", access((char *)8, F_OK));
  done("stat nowhere", syscall(SYS_newfstatat, AT_FDCWD, "file", 8, 0));
  done("stat over the edge", syscall(SYS_newfstatat, AT_FDCWD, "file", edge - 8, 0));
  done("pipe into nowhere", pipe((int *)edge));
  done("uname over the edge", syscall(SYS_uname, edge - 100));
  /* a string that crosses pages */
  memset(p + PAGE - 2, '/', 6);
  strcpy(p + PAGE + 3, "tmp");
  done("path across pages", access(p + PAGE - 2, F_OK));
  /* a read-only page becomes private on the kernel's write as on the program's */
  char *m = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
  done("read into a private copy", pread(fd, m, 10, 100));
  char c;
  pread(fd, &c, 1, 0);
  printf("file unchanged %d\n", c == 's');
  /* a write whose source is the page it goes to */
  char *s = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
  done("file onto itself", pwrite(fd, s + 1, 20, 0));
  done("and back", pread(fd, s + 30, 20, 0));
  return 0;
}
