// sendfile between files and pipes.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
static char big[300000], out[300000];
int main(void) {
  int p[2];
  for (int i = 0; i < sizeof big; i++) big[i] = i * 7 + i / 4096;
  int f = open("a", O_CREAT | O_RDWR, 0600), g = open("b", O_CREAT | O_RDWR, 0600);
  write(f, big, sizeof big);
  lseek(f, 10, SEEK_SET);
  P("to file", sendfile(g, f, 0, 1000));
  printf("positions %ld %ld\n", (long)lseek(f, 0, SEEK_CUR), (long)lseek(g, 0, SEEK_CUR));
  off_t off = 4000;
  P("with offset", sendfile(g, f, &off, 200000));
  printf("offset %ld positions %ld %ld\n", (long)off, (long)lseek(f, 0, SEEK_CUR), (long)lseek(g, 0, SEEK_CUR));
  pread(g, out, sizeof out, 0);
  printf("right %d %d\n", !memcmp(out, big + 10, 1000), !memcmp(out + 1000, big + 4000, 200000));
  P("beyond the end", sendfile(g, f, &off, 1000000));
  P("at the end", sendfile(g, f, &off, 1000000));
  printf("offset %ld size %ld\n", (long)off, (long)lseek(g, 0, SEEK_END));
  P("count 0", sendfile(g, f, 0, 0));
  pipe2(p, O_NONBLOCK);
  off = 0;
  P("to pipe", sendfile(p[1], f, &off, sizeof big));
  P("pipe full", sendfile(p[1], f, &off, sizeof big));
  P("read", read(p[0], out, sizeof out));
  printf("right %d\n", !memcmp(out, big, 65536));
  P("from pipe", sendfile(g, p[0], 0, 10));
  P("from pipe with offset", sendfile(g, p[0], &off, 10));
  int ap = open("b", O_WRONLY | O_APPEND), ro = open("b", O_RDONLY), wo = open("b", O_WRONLY);
  P("to O_APPEND", sendfile(ap, f, 0, 10));
  P("to read-only", sendfile(ro, f, 0, 10));
  P("from write-only", sendfile(g, wo, 0, 10));
  P("closed", sendfile(99, f, 0, 10));
  P("closed", sendfile(g, 99, 0, 10));
  P("fault", sendfile(g, f, (void *)8, 10));
  off = -1;
  P("negative offset", sendfile(g, f, &off, 10));
  // A pipe with a slow reader.
  pipe(p);
  fflush(stdout);
  if (fork() == 0) {
    long total = 0, n;
    close(p[1]);
    int bad = 0;
    while ((n = read(p[0], out, 5000)) > 0) {
      bad += memcmp(out, big + total, n) != 0;
      total += n;
    }
    printf("child read %ld bad %d\n", total, bad);
    fflush(stdout);
    _exit(0);
  }
  close(p[0]);
  off = 0;
  while (off < sizeof big) {
    if (sendfile(p[1], f, &off, sizeof big) <= 0) break;
  }
  close(p[1]);
  wait(0);
  printf("sent %ld\n", (long)off);
  int z = open("/dev/zero", O_RDONLY), n = open("/dev/null", O_WRONLY);
  P("zero to null", sendfile(n, z, 0, 100000));
  return 0;
}
