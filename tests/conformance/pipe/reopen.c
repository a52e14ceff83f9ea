// A pipe opened again through /proc/self/fd.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "../print.h"
int main(void) {
  int p[2];
  char b[64], path[64], link[64];
  pipe(p);
  snprintf(path, sizeof path, "/proc/self/fd/%d", p[0]);
  ssize_t n = readlink(path, link, sizeof link);
  printf("link starts with %.6s ends with %c\n", link, link[n - 1]);
  int w = open(path, O_WRONLY);
  printf("open for writing %d\n", w);
  write(w, "through proc", 12);
  n = read(p[0], b, sizeof b);
  printf("%.*s\n", (int)n, b);
  close(p[1]);
  close(w);
  printf("eof %zd\n", read(p[0], b, 1));
  int rw = open(path, O_RDWR | O_NONBLOCK);
  printf("rdwr %d\n", rw);
  P("no eof any more", read(rw, b, 1));
  return 0;
}
