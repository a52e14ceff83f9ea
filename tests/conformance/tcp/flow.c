// Full buffers: writes that wait, that do not, that time out; edges that epoll sees; low-water marks.
#include "../inet/common.h"
#include <pthread.h>
static char buf[1 << 20];
static int fd[2];
static void *drain(void *p) {
  long want = *(long *)p, got = 0;
  static char b[65536];
  while (got < want) {
    long r = read(fd[1], b, sizeof b);
    if (r <= 0) break;
    got += r;
  }
  return (void *)got;
}
static void on_alarm(int s) {}
int main(void) {
  pair(fd);
  fcntl(fd[0], F_SETFL, O_NONBLOCK);
  int ep = epoll_create1(0);
  struct epoll_event e = {EPOLLOUT | EPOLLIN | EPOLLET, {0}}, got;
  epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &e);
  printf("edge at first: %d", epoll_wait(ep, &got, 1, 0));
  printf(" events %x\n", got.events);
  printf("no other: %d\n", epoll_wait(ep, &got, 1, 0));
  long total = 0, r;
  while ((r = write(fd[0], buf, 100000)) > 0) total += r;
  show("full", r);
  printf("much was written: %d\n", total > 200000);
  ready("full", fd[0]);
  printf("no edge yet: %d\n", epoll_wait(ep, &got, 1, 50));
  int q = 0;
  ioctl(fd[0], TIOCOUTQ, &q);
  ioctl(fd[1], FIONREAD, &r);
  printf("all accounted for: %d\n", (long)q + (int)r >= total);
  pthread_t t;
  pthread_create(&t, 0, drain, &total);
  printf("edge when drained: %d", epoll_wait(ep, &got, 1, 2000));
  printf(" events %x\n", got.events);
  void *drained;
  pthread_join(t, &drained);
  printf("all arrived: %d\n", (long)drained == total);
  ready("drained", fd[0]);

  puts("blocking");
  fcntl(fd[0], F_SETFL, 0);
  long big = 20000000;
  pthread_create(&t, 0, drain, &big);
  long sent = 0;
  while (sent < big) {
    r = send(fd[0], buf, sizeof buf < big - sent ? sizeof buf : big - sent, 0);
    if (r <= 0) break;
    if (r != (sizeof buf < big - sent ? sizeof buf : big - sent)) puts("short");
    sent += r;
  }
  pthread_join(t, &drained);
  printf("%ld %d\n", sent, (long)drained == big);

  puts("time limits");
  struct timeval tv = {0, 100000};
  setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
  setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  double s = now();
  show("nothing to read", recv(fd[1], buf, 1, 0));
  printf("in time: %d\n", now() - s >= 0.09 && now() - s < 1);
  while ((r = send(fd[0], buf, sizeof buf, 0)) > 0)
    ;
  show("nothing goes", r);
  while ((r = send(fd[0], buf, sizeof buf, MSG_DONTWAIT)) > 0)
    ;
  show("MSG_DONTWAIT", r);
  struct sigaction sa = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &sa, 0);
  ualarm(200000, 0);
  tv.tv_usec = 0;
  setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
  while ((r = send(fd[0], buf, sizeof buf, 0)) > 0)
    ;
  show("a signal ends it", r);
  close(fd[0]);
  close(fd[1]);

  puts("waiting for more");
  pair(fd);
  ualarm(30000, 0);
  send(fd[0], "abc", 3, 0);
  show("MSG_WAITALL is ended by a signal", recv(fd[1], buf, 10, MSG_WAITALL));
  ualarm(30000, 0);
  show("nothing, and a signal", recv(fd[1], buf, 10, MSG_WAITALL));
  send(fd[0], "abc", 3, 0);
  close(fd[0]);
  show("MSG_WAITALL is ended by the end", recv(fd[1], buf, 10, MSG_WAITALL));
  close(fd[1]);

  puts("SO_RCVLOWAT");
  pair(fd);
  show("set", set(fd[1], SOL_SOCKET, SO_RCVLOWAT, 5));
  send(fd[0], "abc", 3, 0);
  settle();
  ready("three", fd[1]);
  show("read takes what is there", recv(fd[1], buf, 2, MSG_DONTWAIT));
  send(fd[0], "defg", 4, 0);
  settle();
  ready("five", fd[1]);
  show("read", recv(fd[1], buf, 10, 0));
  send(fd[0], "z", 1, 0);
  close(fd[0]);
  settle();
  ready("end", fd[1]);
  show("read", recv(fd[1], buf, 10, 0));

  puts("epoll's edges on reading");
  pair(fd);
  e.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  epoll_ctl(ep, EPOLL_CTL_ADD, fd[1], &e);
  printf("nothing: %d\n", epoll_wait(ep, &got, 1, 0));
  send(fd[0], "ab", 2, 0);
  settle();
  printf("first: %d", epoll_wait(ep, &got, 1, 0));
  printf(" events %x\n", got.events);
  recv(fd[1], buf, 1, 0);
  printf("half read: %d\n", epoll_wait(ep, &got, 1, 0));
  send(fd[0], "c", 1, 0);
  settle();
  printf("more: %d\n", epoll_wait(ep, &got, 1, 0));
  shutdown(fd[0], SHUT_WR);
  settle();
  printf("end: %d", epoll_wait(ep, &got, 1, 0));
  printf(" events %x\n", got.events);
  shutdown(fd[1], SHUT_WR);
  settle();
  printf("both: %d", epoll_wait(ep, &got, 1, 0));
  printf(" events %x\n", got.events);
  return 0;
}
