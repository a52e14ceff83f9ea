// A pseudo-terminal: master and slave in every mode, line discipline, hang-up.
#include "modes.h"
#include <pty.h>
#include <termios.h>
static int m, s;
// Linux hands what was written over to the other side a little later.
static void arrived(int fd, int n) {
  int have = 0;
  while (ioctl(fd, FIONREAD, &have), have < n);
}
static int in_slave, in_master;
static void to_slave(void) {
  write(m, "a\n", 2);
  arrived(s, in_slave += 2);
}
static void drain_slave(void) {
  char b[100];
  while (read(s, b, sizeof b) > 0);
  in_slave = 0;
}
static void to_master(void) {
  write(s, "b", 1);
  arrived(m, in_master += 1);
}
static void drain_master(void) {
  char b[100];
  while (read(m, b, sizeof b) > 0);
  in_master = 0;
}
int main(void) {
  openpty(&m, &s, NULL, NULL, NULL);
  struct termios t;
  tcgetattr(s, &t);
  t.c_lflag &= ~ECHO;
  tcsetattr(s, TCSANOW, &t);
  fcntl(m, F_SETFL, O_NONBLOCK);
  fcntl(s, F_SETFL, O_NONBLOCK);
  modes("slave", s, EPOLLIN | EPOLLPRI | EPOLLRDHUP, to_slave, drain_slave);
  modes("master", m, EPOLLIN | EPOLLPRI | EPOLLRDHUP, to_master, drain_master);
  int ep = epoll_create1(0);
  add(ep, s, EPOLLIN, 1);
  add(ep, m, EPOLLIN, 2);
  write(m, "part", 4);
  look("no line yet", ep);
  t.c_lflag &= ~ICANON;
  tcsetattr(s, TCSANOW, &t);
  arrived(s, 4);
  look("not canonical", ep);
  drain_slave();
  look("read", ep);
  t.c_lflag |= ICANON;
  tcsetattr(s, TCSANOW, &t);
  write(m, "\4", 1);
  struct epoll_event e;
  epoll_wait(ep, &e, 1, -1);
  look("end of file", ep);
  drain_slave();
  close(s);
  look("slave closed", ep);
  close(m);
  look("both closed", ep);
  return 0;
}
