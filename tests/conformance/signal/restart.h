// A call is interrupted by an alarm; if it is restarted, a second alarm ends it by `finish`.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
static volatile int hits;
static void (*finish)(void);
static void alarm_in(int us) {
  struct itimerval it = {{0, 0}, {0, us}};
  setitimer(ITIMER_REAL, &it, 0);
}
static void on(int s) {
  int e = errno;
  if (++hits == 1) alarm_in(30000);
  else if (hits == 2 && finish) finish();
  errno = e;
}
static void arm(int flags) {
  struct sigaction sa;
  memset(&sa, 0, sizeof sa);
  sa.sa_handler = on;
  sa.sa_flags = flags;
  sigaction(SIGALRM, &sa, 0);
  hits = 0;
  errno = 0;
  alarm_in(30000);
}
#define TRY(name, end, expr) do { finish = end; arm(flags); long r = (expr); int e = errno; alarm_in(0); \
  printf("%s restart=%d: r=%ld %s hits=%d\n", name, flags != 0, r, r < 0 ? strerrorname_np(e) : "-", hits); } while (0)
