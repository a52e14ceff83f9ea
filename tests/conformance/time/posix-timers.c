// timer_create: notification kinds, values, overruns, absolute expiry, errors.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static volatile int n, value, code, overrun, tid_ok;
static void h(int s, siginfo_t *si, void *u) { n++; value = si->si_value.sival_int; code = si->si_code; overrun = si->si_overrun; tid_ok = syscall(SYS_gettid) == getpid(); }
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
int main(void) {
  struct sigaction sa; memset(&sa, 0, sizeof sa); sa.sa_sigaction = h; sa.sa_flags = SA_SIGINFO;
  sigaction(SIGRTMIN, &sa, 0); sigaction(SIGALRM, &sa, 0);
  struct sigevent ev; memset(&ev, 0, sizeof ev);
  ev.sigev_notify = SIGEV_SIGNAL; ev.sigev_signo = SIGRTMIN; ev.sigev_value.sival_int = 4711;
  int id = -1, id2 = -1, id3 = -1;
  T(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id));
  printf("first id %d\n", id);
  struct itimerspec it = {{0, 0}, {0, 20000000}}, cur;
  T(syscall(SYS_timer_settime, id, 0, &it, 0));
  syscall(SYS_timer_gettime, id, &cur);
  printf("running %d\n", cur.it_value.tv_nsec > 0 && cur.it_value.tv_nsec <= 20000000);
  while (n < 1) usleep(1000);
  printf("n %d value %d code %d overrun %d\n", n, value, code, overrun);
  syscall(SYS_timer_gettime, id, &cur);
  printf("expired %ld %ld\n", (long)cur.it_value.tv_nsec, (long)cur.it_interval.tv_nsec);
  sigset_t s; sigemptyset(&s); sigaddset(&s, SIGRTMIN); sigprocmask(SIG_BLOCK, &s, 0);
  it.it_interval.tv_nsec = 10000000; it.it_value.tv_nsec = 10000000;
  syscall(SYS_timer_settime, id, 0, &it, 0);
  struct timespec ts = {0, 55000000}; nanosleep(&ts, 0);
  n = 0;
  sigprocmask(SIG_UNBLOCK, &s, 0);
  printf("after block: overrun plausible %d getoverrun equal %d\n", overrun >= 3, syscall(SYS_timer_getoverrun, id) == overrun || n > 1);
  T(syscall(SYS_timer_delete, id));
  T(syscall(SYS_timer_delete, id));
  ev.sigev_notify = SIGEV_NONE;
  T(syscall(SYS_timer_create, CLOCK_REALTIME, &ev, &id2));
  it.it_interval.tv_nsec = 0; it.it_value.tv_nsec = 10000000;
  syscall(SYS_timer_settime, id2, 0, &it, 0);
  ts.tv_nsec = 20000000; nanosleep(&ts, 0);
  syscall(SYS_timer_gettime, id2, &cur);
  printf("none: left %ld\n", (long)cur.it_value.tv_nsec);
  ev.sigev_notify = SIGEV_THREAD_ID; ev.sigev_signo = SIGRTMIN; ev._sigev_un._tid = getpid();
  T(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id3));
  clock_gettime(CLOCK_MONOTONIC, &it.it_value); it.it_value.tv_nsec /= 2; it.it_value.tv_sec /= 2; it.it_value.tv_nsec |= 1;
  n = 0;
  T(syscall(SYS_timer_settime, id3, TIMER_ABSTIME, &it, 0));
  while (n < 1) usleep(1000);
  printf("past absolute fired, in thread %d\n", tid_ok);
  n = 0;
  int cpu;
  ev.sigev_notify = SIGEV_SIGNAL;
  T(syscall(SYS_timer_create, CLOCK_PROCESS_CPUTIME_ID, &ev, &cpu));
  it.it_value.tv_sec = 0; it.it_value.tv_nsec = 20000000;
  syscall(SYS_timer_settime, cpu, 0, &it, 0);
  while (n < 1) ;
  puts("cpu timer fired");
  int def; T(syscall(SYS_timer_create, CLOCK_MONOTONIC, 0, &def));
  n = 0; it.it_value.tv_nsec = 5000000; syscall(SYS_timer_settime, def, 0, &it, 0);
  while (n < 1) usleep(1000);
  printf("default value is id %d\n", value == def);
  ev.sigev_signo = 65; T(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id));
  ev.sigev_signo = 10; ev.sigev_notify = 9; T(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id));
  T(syscall(SYS_timer_create, 77, 0, &id));
  T(syscall(SYS_timer_create, CLOCK_MONOTONIC_RAW, 0, &id));
  T(syscall(SYS_timer_create, CLOCK_MONOTONIC, 0, 1));
  T(syscall(SYS_timer_gettime, 999, &cur));
  T(syscall(SYS_timer_getoverrun, 999));
  it.it_value.tv_nsec = 1000000000; T(syscall(SYS_timer_settime, def, 0, &it, 0));
  T(syscall(SYS_timer_settime, def, 0, 0, 0));
  return 0;
}
