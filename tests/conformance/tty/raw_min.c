/* Raw mode: VMIN without and with VTIME. */
#include "pty.h"
static void min_time(int min, int time) {
  struct termios t;
  tcgetattr(slave, &t);
  cfmakeraw(&t);
  t.c_cc[VMIN] = min;
  t.c_cc[VTIME] = time;
  tcsetattr(slave, TCSANOW, &t);
}
static void later(int ms, const char *s) {
  if (fork() == 0) {
    while (*s) {
      usleep(ms * 1000);
      type(s++, 1);
    }
    _exit(0);
  }
}
int main(void) {
  char buf[64];
  struct pollfd p;
  open_pair();
  min_time(1, 0);
  later(30, "xyz");
  show("first byte", buf, read(slave, buf, 64));
  wait(NULL);
  show_slave("others");
  min_time(3, 0);
  later(30, "abcd");
  show("three", buf, read(slave, buf, 64));
  wait(NULL);
  show_slave("rest");
  TYPE("12");
  usleep(20000);
  p.fd = slave;
  p.events = POLLIN;
  printf("poll with too few: %d\n", poll(&p, 1, 0));
  TYPE("3");
  usleep(20000);
  printf("poll with enough: %d\n", poll(&p, 1, 0));
  show("asking for less than VMIN", buf, read(slave, buf, 2));
  min_time(0, 0);
  show("what is left", buf, read(slave, buf, 64));
  show("nothing", buf, read(slave, buf, 64));
  min_time(0, 2);
  show("timeout", buf, read(slave, buf, 64));
  later(50, "q");
  show("in time", buf, read(slave, buf, 64));
  wait(NULL);
  min_time(10, 2);
  later(30, "uvw");
  show("gap between bytes", buf, read(slave, buf, 64));
  wait(NULL);
  min_time(2, 2);
  TYPE("mn");
  show("enough at once", buf, read(slave, buf, 64));
  return 0;
}
