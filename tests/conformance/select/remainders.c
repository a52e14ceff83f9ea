// What is left of the time: select, pselect6, ppoll and poll; run out, ready at once, interrupted, not writable.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static int fd;
static volatile int got;
static void on(int s) { got++; }
static const char *err(long r) { return r < 0 ? strerrorname_np(errno) : ""; }
// A value close to what was asked for: the same but for what a call takes.
static const char *left(long sec, long ns, long asked) {
  long all = sec * 1000000000L + ns;
  return all == 0 ? "none" : all > asked ? "more" : all > asked - 2000000000L ? "most" : "some";
}
static void all(const char *what, long sec, long ns, int interest, int mask) {
  fd_set r;
  sigset_t none;
  sigemptyset(&none);
  struct {
    sigset_t *p;
    long n;
  } arg = {mask ? &none : NULL, 8};
  long asked = sec * 1000000000L + ns, k;
  struct timeval tv = {sec, ns / 1000};
  FD_ZERO(&r);
  if (interest) FD_SET(fd, &r);
  k = syscall(SYS_select, fd + 1, &r, NULL, NULL, &tv);
  printf("%s: select %ld %s left %s", what, k, err(k), left(tv.tv_sec, tv.tv_usec * 1000, asked - asked % 1000));
  struct timespec ts = {sec, ns};
  FD_ZERO(&r);
  if (interest) FD_SET(fd, &r);
  k = syscall(SYS_pselect6, fd + 1, &r, NULL, NULL, &ts, &arg);
  printf("; pselect6 %ld %s left %s", k, err(k), left(ts.tv_sec, ts.tv_nsec, asked));
  ts = (struct timespec){sec, ns};
  struct pollfd p = {fd, interest ? POLLIN : 0, 0};
  k = syscall(SYS_ppoll, &p, 1, &ts, mask ? &none : NULL, 8);
  printf("; ppoll %ld %s left %s\n", k, err(k), left(ts.tv_sec, ts.tv_nsec, asked));
}
int main(void) {
  fd = eventfd(0, EFD_NONBLOCK);
  all("zero", 0, 0, 1, 0);
  all("a nanosecond", 0, 1, 1, 0);
  all("3 ms", 0, 3000000, 1, 0);
  uint64_t v = 1;
  write(fd, &v, 8);
  all("ready, 1000 s", 1000, 5, 1, 0);
  all("ready, not waited for", 0, 1000, 0, 0);
  all("ready, no time", 0, 0, 1, 0);
  read(fd, &v, 8);
  // Interrupted: the remainder is written, the call is not begun anew.
  struct sigaction sa = {.sa_handler = on, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &sa, NULL);
  struct itimerval every = {{0, 20000}, {0, 20000}};
  setitimer(ITIMER_REAL, &every, NULL);
  all("interrupted, 1000 s", 1000, 0, 1, 0);
  setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
  printf("handler ran %d\n", got >= 3);
  // A pending signal that only the call's mask lets in.
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, SIGUSR1);
  sigprocmask(SIG_BLOCK, &s, NULL);
  sigaction(SIGUSR1, &sa, NULL);
  struct timespec ts = {1000, 0};
  sigemptyset(&s);
  raise(SIGUSR1);
  long k = syscall(SYS_ppoll, NULL, 0, &ts, &s, 8);
  printf("mask: ppoll %ld %s left %s\n", k, err(k), left(ts.tv_sec, ts.tv_nsec, 1000000000000));
  // The time cannot be written back: the result stands.
  struct timespec *t = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  t->tv_nsec = 1000;
  mprotect(t, 4096, PROT_READ);
  k = syscall(SYS_ppoll, NULL, 0, t, NULL, 8);
  printf("read-only: ppoll %ld %s\n", k, err(k));
  k = syscall(SYS_pselect6, 0, NULL, NULL, NULL, t, NULL);
  printf("read-only: pselect6 %ld %s\n", k, err(k));
  static const struct timespec bad[] = {{-1, 0}, {0, -1}, {0, 1000000000}};
  for (int i = 0; i < 3; i++) {
    ts = bad[i];
    k = syscall(SYS_ppoll, NULL, 0, &ts, NULL, 8);
    printf("bad: ppoll %ld %s", k, err(k));
    k = syscall(SYS_pselect6, 0, NULL, NULL, NULL, &ts, NULL);
    printf(", pselect6 %ld %s\n", k, err(k));
  }
  for (long size = 7; size < 10; size++) {
    ts = (struct timespec){0, 0};
    k = syscall(SYS_ppoll, NULL, 0, &ts, &s, size);
    printf("mask of %ld bytes: %ld %s\n", size, k, err(k));
  }
  return 0;
}
