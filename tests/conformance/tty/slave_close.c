/* The slave goes: the master reads what is left, then EIO, until it is opened again. */
#include "pty.h"
int main(void) {
  char buf[32];
  int m = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  long n = read(m, buf, 32);
  printf("before the first open: %ld %s\n", n, strerror(errno));
  struct pollfd q = {m, POLLIN | POLLOUT, 0};
  poll(&q, 1, 0);
  printf("poll %x\n", q.revents);
  int s = open(ptsname(m), O_RDWR | O_NOCTTY);
  printf("locked: %d %s\n", s, strerror(errno));
  close(m);
  open_pair();
  if (write(slave, "left", 4) != 4) return 1;
  close(slave);
  usleep(20000);
  struct pollfd p = {master, POLLIN | POLLOUT, 0};
  poll(&p, 1, 0);
  printf("poll %x\n", p.revents);
  show("data", buf, read(master, buf, 32));
  n = read(master, buf, 32);
  printf("then %ld %s\n", n, strerror(errno));
  poll(&p, 1, 0);
  printf("poll %x\n", p.revents);
  slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  poll(&p, 1, 0);
  printf("open again: poll %x\n", p.revents);
  if (write(slave, "again\n", 6) != 6) return 1;
  show_master("works");
  return 0;
}
