// Waiting calls: select and kin, sleeps with and without TIMER_ABSTIME, waits for children, epoll, futexes, signals.
#include "restart.h"
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
static int p[2];
static pid_t child;
static int word;
static void do_write(void) { write(p[1], "x", 1); }
static void do_kill(void) { kill(child, SIGKILL); }
static void do_wake(void) { word = 1; syscall(SYS_futex, &word, FUTEX_WAKE, 1, 0, 0, 0); }
static void drain(void) {
  char b[8];
  struct pollfd f = {p[0], POLLIN};
  while (poll(&f, 1, 0) > 0) read(p[0], b, 8);
}
static void new_child(void) {
  child = fork();
  if (child == 0) for (;;) pause();
}
static void reap(void) { kill(child, SIGKILL); while (waitpid(child, 0, 0) < 0 && errno == EINTR) ; }
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  pipe(p);
  int ep = epoll_create1(0);
  struct epoll_event ev = {.events = EPOLLIN};
  epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev);
  for (int i = 0; i < 2; i++) {
    int flags = i ? SA_RESTART : 0;
    fd_set rd;
    FD_ZERO(&rd);
    FD_SET(p[0], &rd);
    TRY("select", do_write, select(p[0] + 1, &rd, 0, 0, 0));
    drain();
    struct timeval tv = {2, 0};
    FD_ZERO(&rd);
    FD_SET(p[0], &rd);
    TRY("select 2s", do_write, select(p[0] + 1, &rd, 0, 0, &tv));
    printf("  time left changed: %d\n", tv.tv_sec == 1);
    drain();
    struct timespec two = {2, 0};
    sigset_t none;
    sigemptyset(&none);
    FD_ZERO(&rd);
    FD_SET(p[0], &rd);
    TRY("pselect", do_write, pselect(p[0] + 1, &rd, 0, 0, &two, &none));
    drain();
    struct pollfd f = {p[0], POLLIN};
    TRY("ppoll", do_write, ppoll(&f, 1, &two, &none));
    drain();
    TRY("poll forever", do_write, poll(&f, 1, -1));
    drain();
    TRY("epoll_wait", do_write, epoll_wait(ep, &ev, 1, 2000));
    drain();
    TRY("epoll_pwait", do_write, epoll_pwait(ep, &ev, 1, -1, &none));
    drain();
    struct timespec ts = {0, 45000000}, rem = {7, 7};
    TRY("clock_nanosleep", 0, clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &rem));
    printf("  rem %d\n", rem.tv_sec == 0 && rem.tv_nsec > 0 && rem.tv_nsec <= 45000000);
    clock_gettime(CLOCK_MONOTONIC, &ts);
    ts.tv_nsec += 45000000;
    if (ts.tv_nsec >= 1000000000) ts.tv_sec++, ts.tv_nsec -= 1000000000;
    rem.tv_sec = 7;
    TRY("clock_nanosleep abs", 0, clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, &rem));
    printf("  rem untouched %d\n", rem.tv_sec == 7);
    new_child();
    siginfo_t si;
    TRY("waitid", do_kill, waitid(P_PID, child, &si, WEXITED));
    reap();
    new_child();
    TRY("wait4", do_kill, wait4(child, 0, 0, 0) == child ? 0 : -1);
    reap();
    word = 0;
    TRY("futex wait", do_wake, syscall(SYS_futex, &word, FUTEX_WAIT, 0, 0, 0, 0));
    word = 0;
    TRY("futex wait 2s", do_wake, syscall(SYS_futex, &word, FUTEX_WAIT, 0, &two, 0, 0));
    clock_gettime(CLOCK_MONOTONIC, &ts);
    ts.tv_sec += 2;
    word = 0;
    TRY("futex bitset", do_wake, syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &ts, 0, -1));
    sigset_t usr;
    sigemptyset(&usr), sigaddset(&usr, SIGUSR1);
    ts.tv_sec = 0, ts.tv_nsec = 200000000;
    TRY("sigtimedwait", 0, sigtimedwait(&usr, 0, &ts));
    TRY("pause", 0, pause());
    TRY("sigsuspend", 0, sigsuspend(&none));
  }
  return 0;
}
