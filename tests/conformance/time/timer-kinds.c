// timer_create: kinds of notification, overruns, disarming, remaining time, errors.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static void say(const char *what, int r) { printf("%s: %s\n", what, r < 0 ? strerror(errno) : "ok"); }

int main(void) {
  timer_t id;
  sigset_t set;
  siginfo_t info;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1, .sigev_value = {.sival_ptr = (void *)0x1234567890}};
  say("create", timer_create(CLOCK_MONOTONIC, &e, &id));
  struct itimerspec t = {{0, 1000000}, {0, 1000000}}, old;
  timer_settime(id, 0, &t, NULL);
  usleep(20500);
  sigwaitinfo(&set, &info);
  printf("code %d, value %p, overrun %s\n", info.si_code, info.si_value.sival_ptr, info.si_overrun >= 15 ? "many" : "few");
  printf("getoverrun the same: %d\n", timer_getoverrun(id) == info.si_overrun);
  memset(&t, 0, sizeof t);
  timer_settime(id, 0, &t, &old);
  printf("old interval %ld\n", old.it_interval.tv_nsec);
  timer_gettime(id, &old);
  printf("disarmed %ld %ld\n", (long)old.it_value.tv_sec, old.it_value.tv_nsec);
  t.it_value.tv_nsec = -1;
  say("bad time", timer_settime(id, 0, &t, NULL));
  t.it_value.tv_nsec = 0;
  t.it_value.tv_sec = 1;
  say("absolute, long past", timer_settime(id, TIMER_ABSTIME, &t, NULL));
  struct timespec second = {1, 0};
  printf("comes at once: %d\n", sigtimedwait(&set, &info, &second) == SIGRTMIN + 1);
  say("delete", timer_delete(id));
  say("delete again", syscall(SYS_timer_delete, id) < 0 ? -1 : 0);
  e.sigev_notify = SIGEV_THREAD_ID;
  e.sigev_notify_thread_id = syscall(SYS_gettid);
  say("for a thread", timer_create(CLOCK_REALTIME, &e, &id));
  t.it_value.tv_sec = 0;
  t.it_value.tv_nsec = 1000;
  timer_settime(id, 0, &t, NULL);
  printf("arrived %d\n", sigtimedwait(&set, &info, &second) == SIGRTMIN + 1);
  e.sigev_notify_thread_id = 1;
  say("for a thread of another process", timer_create(CLOCK_REALTIME, &e, &id));
  e.sigev_notify = SIGEV_NONE;
  say("silent", timer_create(CLOCK_REALTIME, &e, &id));
  t.it_value.tv_sec = 100;
  timer_settime(id, 0, &t, NULL);
  timer_gettime(id, &old);
  printf("remaining 99 to 100: %d\n", old.it_value.tv_sec == 99 || old.it_value.tv_sec == 100);
  e.sigev_notify = 17;
  say("no such notification", timer_create(CLOCK_REALTIME, &e, &id));
  e.sigev_notify = SIGEV_SIGNAL;
  e.sigev_signo = 65;
  say("no such signal", timer_create(CLOCK_REALTIME, &e, &id));
  say("no such clock", timer_create(55, NULL, &id));
  say("default event", timer_create(CLOCK_PROCESS_CPUTIME_ID, NULL, &id));
  say("get of a wrong timer", syscall(SYS_timer_gettime, 999, &old) < 0 ? -1 : 0);
}
