// prctl: names, flags, errors.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
int main(void) {
  char n[17] = {0};
  T(prctl(PR_SET_NAME, "a-very-long-thread-name")); T(prctl(PR_GET_NAME, n)); printf("[%s]\n", n);
  T(prctl(PR_SET_NAME, 1)); T(prctl(PR_GET_NAME, 1));
  T(prctl(PR_GET_DUMPABLE)); T(prctl(PR_SET_DUMPABLE, 2)); T(prctl(PR_SET_DUMPABLE, 0)); T(prctl(PR_GET_DUMPABLE)); T(prctl(PR_SET_DUMPABLE, 1));
  int s = -1; T(prctl(PR_SET_PDEATHSIG, SIGUSR1)); T(prctl(PR_GET_PDEATHSIG, &s)); printf("%d\n", s); T(prctl(PR_SET_PDEATHSIG, 65));
  fflush(stdout);
  if (fork() == 0) { prctl(PR_GET_PDEATHSIG, &s); printf("child %d\n", s); fflush(stdout); _exit(0); }
  wait(0);
  T(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)); T(prctl(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0)); T(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); T(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)); T(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
  T(prctl(PR_GET_TIMERSLACK)); T(prctl(PR_SET_TIMERSLACK, 1234)); T(prctl(PR_GET_TIMERSLACK)); T(prctl(PR_SET_TIMERSLACK, 0)); T(prctl(PR_GET_TIMERSLACK));
  T(prctl(PR_GET_TIMING)); T(prctl(PR_SET_TIMING, 1));
  T(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)); T(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)); T(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
  T(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0)); T(prctl(PR_GET_TSC, &s)); printf("%d\n", s);
  T(prctl(9999, 0, 0, 0, 0)); T(prctl(PR_GET_ENDIAN, &s)); T(prctl(PR_GET_FPEMU, &s)); T(prctl(PR_SET_UNALIGN, 0));
  long t = 0; T(prctl(PR_GET_TID_ADDRESS, &t)); printf("%d\n", t != 0);
  T(prctl(0x53564d41, 5, 0, 0, 0));
  return 0;
}
