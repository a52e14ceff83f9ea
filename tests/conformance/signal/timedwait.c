// sigtimedwait, sigwaitinfo, signalfd.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static void nop(int s) {}
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  sigset_t s;
  sigemptyset(&s); sigaddset(&s, SIGUSR1); sigaddset(&s, 35); sigaddset(&s, SIGCHLD);
  sigprocmask(SIG_BLOCK, &s, 0);
  siginfo_t si;
  struct timespec ts = {0, 20000000};
  errno = 0; int r = sigtimedwait(&s, &si, &ts); printf("timeout: %d %d\n", r, errno == EAGAIN);
  union sigval v = {.sival_int = 1234};
  sigqueue(getpid(), 35, v);
  kill(getpid(), SIGUSR1);
  r = sigwaitinfo(&s, &si); printf("%d code %d\n", r, si.si_code);
  r = sigwaitinfo(&s, &si); printf("%d code %d value %d\n", r, si.si_code, si.si_value.sival_int);
  pid_t c = fork();
  if (c == 0) { usleep(20000); _exit(5); }
  r = sigwaitinfo(&s, &si); printf("%d code %d status %d pid %d\n", r, si.si_code, si.si_status, si.si_pid == c);
  wait(0);
  struct sigaction sa; memset(&sa, 0, sizeof sa); sa.sa_handler = nop; sigaction(SIGALRM, &sa, 0);
  ualarm(20000, 0);
  ts.tv_sec = 5; errno = 0; r = sigtimedwait(&s, &si, &ts); printf("other signal: %d %d\n", r, errno == EINTR);
  int fd = signalfd(-1, &s, SFD_NONBLOCK | SFD_CLOEXEC);
  struct signalfd_siginfo fi[3];
  errno = 0; r = read(fd, fi, sizeof fi); printf("empty: %d %d\n", r, errno == EAGAIN);
  struct pollfd p = {fd, POLLIN};
  printf("poll %d\n", poll(&p, 1, 0));
  v.sival_int = -7;
  sigqueue(getpid(), 35, v); sigqueue(getpid(), 35, v); raise(SIGUSR1);
  printf("poll %d\n", poll(&p, 1, 0));
  r = read(fd, fi, sizeof fi);
  for (int i = 0; i < r / 128; i++) printf("signo %u code %d int %d pid %d\n", fi[i].ssi_signo, fi[i].ssi_code, fi[i].ssi_int, fi[i].ssi_pid == getpid());
  errno = 0; r = read(fd, fi, 100); printf("short: %d %d\n", r, errno == EINVAL);
  errno = 0; r = signalfd(1, &s, 0); printf("other file: %d %d\n", r, errno == EINVAL);
  errno = 0; r = signalfd(-1, &s, 3); printf("flags: %d %d\n", r, errno == EINVAL);
  return 0;
}
