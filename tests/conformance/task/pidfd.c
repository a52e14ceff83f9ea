// pidfd: from clone3 and pidfd_open, polling, signalling, waiting.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  int fd = -1;
  struct clone_args a;
  memset(&a, 0, sizeof a);
  a.flags = CLONE_PIDFD; a.pidfd = (unsigned long)&fd; a.exit_signal = SIGCHLD;
  pid_t c = syscall(SYS_clone3, &a, sizeof a);
  if (c == 0) for (;;) pause();
  printf("fd ok=%d cloexec=%d\n", fd > 2, fcntl(fd, F_GETFD) & FD_CLOEXEC);
  struct pollfd p = {fd, POLLIN, 0};
  printf("alive: poll=%d\n", poll(&p, 1, 0));
  printf("send 0: %ld\n", syscall(SYS_pidfd_send_signal, fd, 0, 0, 0));
  printf("send TERM: %ld\n", syscall(SYS_pidfd_send_signal, fd, SIGTERM, 0, 0));
  printf("poll=%d", poll(&p, 1, -1));
  printf(" in=%d\n", !!(p.revents & POLLIN));
  siginfo_t si;
  memset(&si, 0, sizeof si);
  printf("waitid=%d", waitid(3 /* P_PIDFD */, fd, &si, WEXITED));
  printf(" code=%d status=%d\n", si.si_code, si.si_status);
  errno = 0; printf("send after: %ld", syscall(SYS_pidfd_send_signal, fd, 0, 0, 0)); printf(" %d\n", errno);
  errno = 0; printf("open gone: %ld", syscall(SYS_pidfd_open, c, 0)); printf(" %d\n", errno);
  errno = 0; printf("open 0: %ld", syscall(SYS_pidfd_open, 0, 0)); printf(" %d\n", errno);
  errno = 0; printf("open flags: %ld", syscall(SYS_pidfd_open, getpid(), 1)); printf(" %d\n", errno);
  errno = 0; printf("send to file: %ld", syscall(SYS_pidfd_send_signal, 1, 0, 0, 0)); printf(" %d\n", errno);
  int self = syscall(SYS_pidfd_open, getpid(), 0);
  int dup = syscall(SYS_pidfd_getfd, self, 1, 0);
  printf("getfd ok=%d cloexec=%d\n", dup > 2, fcntl(dup, F_GETFD));
  errno = 0; printf("getfd bad: %ld", syscall(SYS_pidfd_getfd, self, 500, 0)); printf(" %d\n", errno);
  return 0;
}
