// O_DIRECT: packets.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static char big[10000];
int main(void) {
  int p[2];
  char b[10000];
  pipe2(p, O_DIRECT | O_NONBLOCK);
  printf("flags %o %o\n", fcntl(p[0], F_GETFL), fcntl(p[1], F_GETFL));
  write(p[1], "one", 3);
  write(p[1], "twotwo", 6);
  write(p[1], "three", 5);
  ssize_t n = read(p[0], b, 100);
  printf("%zd %.*s\n", n, (int)n, b);
  n = read(p[0], b, 2);
  printf("%zd %.*s (rest is lost)\n", n, (int)n, b);
  n = read(p[0], b, 100);
  printf("%zd %.*s\n", n, (int)n, b);
  printf("write 10000: %zd\n", write(p[1], big, 10000));
  for (int i = 0; i < 4; i++) printf("read %zd\n", read(p[0], b, sizeof b));
  int i = 0;
  while (write(p[1], "x", 1) == 1) i++;
  printf("packets %d\n", i);
  while (read(p[0], b, 1) == 1) i--;
  printf("left %d\n", i);
  fcntl(p[1], F_SETFL, O_NONBLOCK);
  write(p[1], "a", 1);
  write(p[1], "b", 1);
  printf("as a stream: %zd\n", read(p[0], b, 10));
  fcntl(p[1], F_SETFL, O_NONBLOCK | O_DIRECT);
  write(p[1], "a", 1);
  write(p[1], "b", 1);
  printf("as packets: %zd\n", read(p[0], b, 10));
  return 0;
}
