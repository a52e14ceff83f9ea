// SA_RESTART against EINTR, call by call: read, wait, nanosleep, poll, pause, sigsuspend, futex.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static int pipefd[2];
static volatile int hits;
static pid_t child;
static void on(int s) {
  hits++;
  // The second alarm ends what was restarted.
  if (hits == 1) {
    struct itimerval it = {{0, 0}, {0, 30000}};
    setitimer(ITIMER_REAL, &it, 0);
  } else if (hits == 2) {
    write(pipefd[1], "x", 1);
    if (child > 0) kill(child, SIGKILL);
  }
}
static void arm(int flags) {
  struct sigaction sa;
  memset(&sa, 0, sizeof sa);
  sa.sa_handler = on;
  sa.sa_flags = flags;
  sigaction(SIGALRM, &sa, 0);
  hits = 0;
  struct itimerval it = {{0, 0}, {0, 30000}};
  setitimer(ITIMER_REAL, &it, 0);
}
static void disarm(void) {
  struct itimerval it = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &it, 0);
}
static void drain(void) { char b[16]; struct pollfd p = {pipefd[0], POLLIN}; while (poll(&p, 1, 0) > 0) read(pipefd[0], b, 16); }
#define TRY(name, expr) do { errno = 0; arm(flags); long r = (expr); int e = errno; disarm(); \
  printf("%s flags=%d: r=%ld errno=%d hits=%d\n", name, flags != 0, r, e, hits); drain(); } while (0)
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  pipe(pipefd);
  char b;
  for (int i = 0; i < 2; i++) {
    int flags = i ? SA_RESTART : 0;
    TRY("read", read(pipefd[0], &b, 1));
    struct timespec ts = {0, 45000000}, rem = {0, 0};
    TRY("nanosleep", nanosleep(&ts, &rem));
    printf("  rem set=%d\n", rem.tv_nsec > 0 && rem.tv_nsec < 45000000);
    struct pollfd p = {pipefd[0], POLLIN};
    TRY("poll", poll(&p, 1, 2000));
    TRY("pause", pause());
    sigset_t none;
    sigemptyset(&none);
    TRY("sigsuspend", sigsuspend(&none));
    int word = 0;
    struct timespec ft = {0, 45000000};
    TRY("futex timeout", syscall(SYS_futex, &word, FUTEX_WAIT, 0, &ft, 0, 0));
    child = fork();
    if (child == 0) for (;;) pause();
    int st = 0;
    TRY("waitpid", waitpid(child, &st, 0) == child);
    kill(child, SIGKILL);
    waitpid(child, &st, 0);
    child = 0;
  }
  return 0;
}
