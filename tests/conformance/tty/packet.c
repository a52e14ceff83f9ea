/* Packet mode of the master. */
#include "pty.h"
int main(void) {
  char buf[64];
  int on = 1, off = 0, v = -1;
  open_pair();
  ioctl(master, TIOCPKT, &on);
  ioctl(master, TIOCGPKT, &v);
  printf("mode %d\n", v);
  if (write(slave, "data", 4) != 4) return 1;
  show("data", buf, read(master, buf, 64));
  tcflush(slave, TCIFLUSH);
  tcflush(slave, TCOFLUSH);
  struct pollfd p = {master, POLLIN | POLLPRI, 0};
  printf("poll %d revents %x\n", poll(&p, 1, 100), p.revents);
  show("flush", buf, read(master, buf, 64));
  modes(0, 0, 0, IXON, 0, 0);
  show("no flow control", buf, read(master, buf, 64));
  modes(0, 0, IXON, 0, 0, 0);
  show("flow control", buf, read(master, buf, 64));
  tcflow(slave, TCOOFF);
  show("stop", buf, read(master, buf, 64));
  tcflow(slave, TCOON);
  show("start", buf, read(master, buf, 64));
  if (write(slave, "xyz", 3) != 3) return 1;
  usleep(20000);
  show("one byte", buf, read(master, buf, 1));
  show("two bytes", buf, read(master, buf, 2));
  show("rest", buf, read(master, buf, 64));
  ioctl(master, TIOCPKT, &off);
  if (write(slave, "plain", 5) != 5) return 1;
  show("plain", buf, read(master, buf, 64));
  return 0;
}
