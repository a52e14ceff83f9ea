/* null, zero, full, random, urandom. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
static const char *err(long n) { return n < 0 ? strerror(errno) : "ok"; }
int main(void) {
  const char *names[] = {"null", "zero", "full", "random", "urandom", "tty", "ptmx"};
  char path[32], b[64];
  struct stat st;
  for (int i = 0; i < 7; i++) {
    sprintf(path, "/dev/%s", names[i]);
    stat(path, &st);
    printf("%s %d:%d %o\n", names[i], major(st.st_rdev), minor(st.st_rdev), st.st_mode & S_IFMT);
    if (i >= 5) continue;
    int fd = open(path, O_RDWR);
    memset(b, 'x', sizeof b);
    long n = read(fd, b, 16);
    int zero = 1;
    for (int j = 0; j < n; j++) zero &= b[j] == 0;
    printf(" read %ld zeros %d", n, n > 0 && zero);
    n = write(fd, b, 16);
    printf(" write %ld %s", n, err(n));
    n = lseek(fd, 100, SEEK_SET);
    printf(" lseek %ld", n);
    struct pollfd p = {fd, POLLIN | POLLOUT, 0};
    int r = poll(&p, 1, 0);
    printf(" poll %d %x", r, p.revents);
    n = write(fd, (void *)1, 16);
    printf(" bad write %ld", n);
    n = read(fd, (void *)1, 16);
    printf(" bad read %ld %s\n", n, err(n));
    close(fd);
  }
  int z = open("/dev/zero", O_RDWR);
  char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, z, 0);
  m[5000] = 7;
  printf("map %d %d\n", m[0], m[5000]);
  char *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, z, 0);
  s[1] = 9;
  printf("shared map %d\n", s[1]);
  int n = open("/dev/null", O_RDWR);
  void *bad = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, n, 0);
  printf("map null: %s\n", bad == MAP_FAILED ? strerror(errno) : "ok");
  ftruncate(n, 0);
  printf("truncate by open %d\n", open("/dev/null", O_WRONLY | O_TRUNC) >= 0);
  return 0;
}
