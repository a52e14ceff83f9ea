// Errors of the signal calls.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
int main(void) {
  int pid = getpid();
  struct sigaction sa;
  memset(&sa, 0, sizeof sa);
  T(syscall(SYS_rt_sigaction, 0, 0, 0, 8));
  T(syscall(SYS_rt_sigaction, 65, 0, 0, 8));
  T(syscall(SYS_rt_sigaction, SIGUSR1, 0, 0, 4));
  T(syscall(SYS_rt_sigaction, SIGKILL, &sa, 0, 8));
  T(syscall(SYS_rt_sigaction, SIGKILL, 0, &sa, 8));
  T(syscall(SYS_rt_sigaction, SIGUSR1, 1, 0, 8));
  T(syscall(SYS_rt_sigprocmask, 9, &sa, 0, 8));
  T(syscall(SYS_rt_sigprocmask, 9, 0, 0, 8));
  T(syscall(SYS_rt_sigprocmask, 0, 1, 0, 8));
  T(syscall(SYS_rt_sigprocmask, 0, 0, 0, 16));
  T(syscall(SYS_rt_sigpending, &sa, 16));
  T(syscall(SYS_rt_sigpending, 1, 8));
  T(syscall(SYS_kill, pid, 65));
  T(syscall(SYS_kill, pid, -1));
  T(syscall(SYS_kill, pid, 0));
  T(syscall(SYS_kill, 0x7ffffff, 0));
  T(syscall(SYS_kill, 0x80000000, 0));
  T(syscall(SYS_tkill, 0, 0));
  T(syscall(SYS_tkill, -1, 0));
  T(syscall(SYS_tgkill, 0, pid, 0));
  T(syscall(SYS_tgkill, pid + 1000000, pid, 0));
  T(syscall(SYS_tgkill, pid, pid, 0));
  T(syscall(SYS_tgkill, pid, pid, 65));
  siginfo_t si;
  memset(&si, 0, sizeof si);
  si.si_code = SI_USER;
  T(syscall(SYS_rt_sigqueueinfo, 1, SIGUSR1, &si));
  si.si_code = SI_QUEUE;
  T(syscall(SYS_rt_sigqueueinfo, 0x7ffffff, SIGUSR1, &si));
  T(syscall(SYS_rt_sigqueueinfo, pid, 65, &si));
  T(syscall(SYS_rt_sigqueueinfo, pid, 0, &si));
  T(syscall(SYS_rt_tgsigqueueinfo, pid, 0, 0, &si));
  struct timespec bad = {0, 1000000000}, zero = {0, 0};
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  T(syscall(SYS_rt_sigtimedwait, &set, 0, &bad, 8));
  T(syscall(SYS_rt_sigtimedwait, &set, 0, &zero, 8));
  T(syscall(SYS_rt_sigtimedwait, 1, 0, &zero, 8));
  T(syscall(SYS_rt_sigtimedwait, &set, 0, &zero, 4));
  T(syscall(SYS_rt_sigsuspend, &set, 4));
  return 0;
}
