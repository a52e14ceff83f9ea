// poll of pipes in all states, bad descriptors, negative ones.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "../print.h"
static char big[65536];
static void show(const char *what, int fd, int events) {
  struct pollfd p = {fd, events, 0x7777};
  int r = poll(&p, 1, 0);
  printf("%s: %d %x\n", what, r, p.revents);
}
int main(void) {
  int p[2];
  pipe2(p, O_NONBLOCK);
  int all = POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM | POLLRDBAND | POLLWRBAND | POLLRDHUP;
  show("empty r", p[0], all);
  show("empty w", p[1], all);
  write(p[1], "x", 1);
  show("data r", p[0], all);
  show("data r, asks out", p[0], POLLOUT);
  show("data r, asks nothing", p[0], 0);
  write(p[1], big, 65536);
  show("nearly full w", p[1], all);
  while (write(p[1], big, 1) == 1);
  show("full w", p[1], all);
  read(p[0], big, 1);
  show("one byte read w", p[1], all);
  read(p[0], big, 4096);
  show("a page read w", p[1], all);
  close(p[1]);
  show("hup with data r", p[0], all);
  while (read(p[0], big, sizeof big) > 0);
  show("hup r", p[0], all);
  show("hup r, asks nothing", p[0], 0);
  close(p[0]);
  show("closed", p[0], all);
  show("negative", -1, all);
  pipe(p);
  close(p[0]);
  show("no reader w", p[1], all);
  int f = open("file", O_CREAT | O_RDWR, 0600);
  show("file", f, all);
  int d = open(".", O_RDONLY);
  show("directory", d, all);
  int o = open("file", O_PATH);
  show("O_PATH", o, all);
  int n = open("/dev/null", O_RDWR);
  show("null", n, all);
  int z = open("/dev/zero", O_RDWR);
  show("zero", z, all);
  struct pollfd v[4] = {{f, POLLIN}, {-5, POLLIN}, {1000, POLLIN}, {p[1], POLLOUT}};
  P("several", poll(v, 4, 0));
  for (int i = 0; i < 4; i++) printf("%x ", v[i].revents);
  printf("\n");
  P("none", poll(0, 0, 0));
  P("fault", poll((void *)8, 1, 0));
  P("too many", poll(v, 100000000, 0));
  return 0;
}
