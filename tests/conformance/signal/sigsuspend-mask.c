// sigsuspend puts the mask back after the handler; ppoll and pselect likewise.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/select.h>
#include <unistd.h>
static unsigned long mask(void) { sigset_t s; sigprocmask(SIG_SETMASK, 0, &s); return s.__val[0]; }
static void h(int s) { printf("handler %d mask %lx\n", s, mask()); }
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  sigset_t b, e;
  sigemptyset(&b); sigaddset(&b, SIGUSR1); sigemptyset(&e); sigaddset(&e, SIGHUP);
  sigprocmask(SIG_BLOCK, &b, 0);
  signal(SIGUSR1, h);
  raise(SIGUSR1);
  errno = 0; int r = sigsuspend(&e); printf("sigsuspend %d %d mask %lx\n", r, errno == EINTR, mask());
  raise(SIGUSR1);
  struct timespec ts = {1, 0};
  errno = 0; r = ppoll(0, 0, &ts, &e); printf("ppoll %d %d mask %lx\n", r, errno == EINTR, mask());
  raise(SIGUSR1);
  errno = 0; r = pselect(0, 0, 0, 0, &ts, &e); printf("pselect %d %d mask %lx\n", r, errno == EINTR, mask());
  ts.tv_sec = 0; ts.tv_nsec = 1000;
  r = ppoll(0, 0, &ts, &e); printf("ppoll timeout %d mask %lx\n", r, mask());
  return 0;
}
