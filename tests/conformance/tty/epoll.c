/* Readiness of both ends through poll and epoll. */
#include "pty.h"
#include <sys/epoll.h>
static int ep;
static void ready(const char *what) {
  struct epoll_event e[4];
  usleep(30000);
  int n = epoll_wait(ep, e, 4, 50);
  printf("%s:", what);
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < n; i++)
      if ((e[i].data.fd == master) == (pass == 0)) printf(" %s %x", pass ? "slave" : "master", e[i].events);
  printf("\n");
}
int main(void) {
  char b[64];
  open_pair();
  ep = epoll_create1(0);
  struct epoll_event e = {EPOLLIN | EPOLLET, {.fd = master}};
  epoll_ctl(ep, EPOLL_CTL_ADD, master, &e);
  e.data.fd = slave;
  epoll_ctl(ep, EPOLL_CTL_ADD, slave, &e);
  ready("nothing");
  TYPE("ab");
  ready("echo only");
  ready("edge is gone");
  TYPE("c\n");
  ready("a line");
  show("line", b, read(slave, b, 64));
  show("echo", b, read(master, b, 64));
  ready("drained");
  if (write(slave, "out", 3) != 3) return 1;
  ready("output");
  show("output", b, read(master, b, 64));
  pid_t pid = fork();
  if (pid == 0) {
    usleep(30000);
    TYPE("later\n");
    _exit(0);
  }
  struct pollfd p = {slave, POLLIN, 0};
  int n = poll(&p, 1, 2000);
  printf("poll %d %x\n", n, p.revents);
  waitpid(pid, NULL, 0);
  show_slave("line");
  show_master("echo");
  close(slave);
  ready("slave closed");
  return 0;
}
