// epoll_pwait and epoll_pwait2: masks, what a signal does, sizes, time-outs.
#include "modes.h"
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
static volatile int got;
static void on(int sig) { got = sig; }
static int ep, fd;
static struct epoll_event e[2];
static void state(const char *what, long r) {
  int err = errno;
  sigset_t now;
  sigprocmask(SIG_SETMASK, NULL, &now);
  sigset_t p;
  sigpending(&p);
  printf("%s: %ld %s, handler %d, blocked %d, pending %d\n", what, r, r < 0 ? strerrorname_np(err) : "", got, sigismember(&now, SIGUSR1), sigismember(&p, SIGUSR1));
  got = 0;
}
int main(void) {
  struct sigaction sa = {.sa_handler = on, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &sa, NULL);
  sigset_t block, none, all;
  sigemptyset(&none);
  sigfillset(&all);
  sigemptyset(&block);
  sigaddset(&block, SIGUSR1);
  sigprocmask(SIG_BLOCK, &block, NULL);
  ep = epoll_create1(0);
  fd = eventfd(0, EFD_NONBLOCK);
  add(ep, fd, EPOLLIN, 1);
  kill(getpid(), SIGUSR1);
  state("blocked", epoll_pwait(ep, e, 2, 0, NULL));
  state("mask lets it in, would sleep", epoll_pwait(ep, e, 2, -1, &none));
  kill(getpid(), SIGUSR1);
  state("no sleep", epoll_pwait(ep, e, 2, 0, &none));
  state("after", epoll_pwait(ep, e, 2, 0, &none));
  uint64_t v = 1;
  write(fd, &v, 8);
  kill(getpid(), SIGUSR1);
  state("ready and pending", epoll_pwait(ep, e, 2, -1, &none));
  state("again", epoll_pwait(ep, e, 2, -1, &all));
  read(fd, &v, 8);
  kill(getpid(), SIGUSR1);
  state("all blocked, time-out", epoll_pwait(ep, e, 2, 5, &all));
  sigprocmask(SIG_UNBLOCK, &block, NULL);
  state("delivered now", 0);
  // SA_RESTART does not start a wait anew.
  pid_t me = getpid(), pid = fork();
  if (pid == 0) {
    usleep(30000);
    kill(me, SIGUSR1);
    _exit(0);
  }
  int st;
  state("interrupted", epoll_pwait(ep, e, 2, -1, NULL));
  waitpid(pid, &st, 0);
  for (int size = 0; size <= 17; size++) {
    long r = syscall(SYS_epoll_pwait, ep, e, 2, 0, &none, (long)size);
    if (r == 0) printf("size %d ok\n", size);
    else if (errno != EINVAL) printf("size %d %s\n", size, strerrorname_np(errno));
  }
  state("no mask, any size", syscall(SYS_epoll_pwait, ep, e, 2, 0, NULL, 99L));
  state("wild mask", syscall(SYS_epoll_pwait, ep, e, 2, 0, 1L, 8L));
  state("wild mask and bad epoll", syscall(SYS_epoll_pwait, -1, e, 2, 0, 1L, 8L));
  static const struct timespec bad[] = {{-1, 0}, {0, -1}, {0, 1000000000}, {0, 999999999999}, {-1, -1}};
  for (int i = 0; i < 5; i++) state("bad time", syscall(SYS_epoll_pwait2, ep, e, 2, &bad[i], NULL, 8L));
  state("wild time", syscall(SYS_epoll_pwait2, ep, e, 2, 1L, NULL, 8L));
  struct timespec t = {0, 0};
  state("no time", syscall(SYS_epoll_pwait2, ep, e, 2, &t, NULL, 8L));
  t.tv_nsec = 1;
  state("a nanosecond", syscall(SYS_epoll_pwait2, ep, e, 2, &t, NULL, 8L));
  t.tv_nsec = 20000000;
  struct timespec a, b;
  clock_gettime(CLOCK_MONOTONIC, &a);
  state("20 ms", syscall(SYS_epoll_pwait2, ep, e, 2, &t, NULL, 8L));
  clock_gettime(CLOCK_MONOTONIC, &b);
  printf("at least 20 ms: %d, the time is not written back: %ld\n", (b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec >= 20000000, t.tv_nsec);
  write(fd, &v, 8);
  state("for ever, ready", syscall(SYS_epoll_pwait2, ep, e, 2, NULL, NULL, 8L));
  t.tv_sec = 0x7fffffffffffffff;
  state("very long, ready", syscall(SYS_epoll_pwait2, ep, e, 2, &t, NULL, 8L));
  state("negative milliseconds, ready", epoll_wait(ep, e, 2, -2147483647 - 1));
  return 0;
}
