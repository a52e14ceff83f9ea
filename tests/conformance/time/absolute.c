// clock_nanosleep: absolute times, past ones, bad ones, the remainder after a signal, clocks that cannot sleep.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void handler(int sig) { (void)sig; }
static void say(const char *what, int r) { printf("%s: %s\n", what, r ? strerror(r) : "ok"); }

int main(void) {
  struct timespec t = {0, 0}, rem = {77, 77}, bad = {0, -1}, now, before;
  say("past, absolute", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));
  say("zero, relative", clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL));
  say("negative nanoseconds", clock_nanosleep(CLOCK_MONOTONIC, 0, &bad, NULL));
  bad = (struct timespec){-1, 0};
  say("negative seconds", clock_nanosleep(CLOCK_REALTIME, 0, &bad, NULL));
  say("negative absolute", clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &bad, NULL));
  say("no clock", clock_nanosleep(99, 0, &t, NULL));
  say("coarse", clock_nanosleep(CLOCK_MONOTONIC_COARSE, 0, &t, NULL));
  say("raw", clock_nanosleep(CLOCK_MONOTONIC_RAW, 0, &t, NULL));
  say("thread time", clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &t, NULL));
  say("boottime", clock_nanosleep(CLOCK_BOOTTIME, 0, &t, NULL));
  say("tai", clock_nanosleep(CLOCK_TAI, 0, &t, NULL));
  clock_gettime(CLOCK_MONOTONIC, &before);
  t = before;
  t.tv_nsec += 5000000;
  if (t.tv_nsec >= 1000000000) t.tv_nsec -= 1000000000, t.tv_sec++;
  say("5 ms ahead", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));
  clock_gettime(CLOCK_MONOTONIC, &now);
  printf("not early: %d\n", now.tv_sec > t.tv_sec || (now.tv_sec == t.tv_sec && now.tv_nsec >= t.tv_nsec));
  struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &a, NULL);
  struct itimerval soon = {.it_value = {0, 20000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  t = (struct timespec){30, 0};
  say("interrupted", clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &rem));
  printf("remainder %s\n", rem.tv_sec == 29 && rem.tv_nsec > 500000000 ? "29.5 to 30 s" : "wrong");
  rem = (struct timespec){77, 77};
  setitimer(ITIMER_REAL, &soon, NULL);
  clock_gettime(CLOCK_MONOTONIC, &t);
  t.tv_sec += 30;
  say("absolute, interrupted", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, &rem));
  printf("remainder untouched: %d\n", rem.tv_sec == 77 && rem.tv_nsec == 77);
  say("bad pointer", clock_nanosleep(CLOCK_MONOTONIC, 0, (void *)8, NULL));
}
