// signalfd in every mode; a changed mask; another process's registration sees its own signals.
#include "modes.h"
#include <sys/signalfd.h>
static int fd;
static void raise_both(void) {
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR2);
}
static void drain(void) {
  struct signalfd_siginfo i[4];
  while (read(fd, i, sizeof i) > 0);
}
int main(void) {
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, SIGUSR1);
  sigaddset(&s, SIGUSR2);
  sigprocmask(SIG_BLOCK, &s, NULL);
  fd = signalfd(-1, &s, SFD_NONBLOCK);
  modes("signalfd", fd, ALL, raise_both, drain);
  int ep = epoll_create1(0);
  add(ep, fd, EPOLLIN, 3);
  kill(getpid(), SIGUSR2);
  look("USR2", ep);
  sigdelset(&s, SIGUSR2);
  signalfd(fd, &s, 0);
  look("mask without USR2", ep);
  sigaddset(&s, SIGUSR2);
  signalfd(fd, &s, 0);
  look("mask with it again", ep);
  drain();
  look("read", ep);
  return 0;
}
