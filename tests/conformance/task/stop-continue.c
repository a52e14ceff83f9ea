// Stopping and continuing a child as waitpid and waitid report it.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <signal.h>
#include <string.h>
int main(void) {
  pid_t c = fork();
  if (c == 0) for (;;) pause();
  int st;
  kill(c, SIGSTOP);
  pid_t p = waitpid(c, &st, WUNTRACED);
  printf("stopped=%d sig=%d raw=%x\n", p == c && WIFSTOPPED(st), WSTOPSIG(st), st);
  printf("second report: %d\n", waitpid(c, &st, WUNTRACED | WNOHANG));
  kill(c, SIGCONT);
  p = waitpid(c, &st, WCONTINUED);
  printf("continued=%d raw=%x\n", p == c && WIFCONTINUED(st), st);
  siginfo_t si;
  kill(c, SIGSTOP);
  memset(&si, 0, sizeof si);
  waitid(P_PID, c, &si, WSTOPPED);
  printf("code=%d\n", si.si_code == CLD_STOPPED);
  kill(c, SIGCONT);
  memset(&si, 0, sizeof si);
  waitid(P_PID, c, &si, WCONTINUED);
  printf("code=%d status=%d\n", si.si_code == CLD_CONTINUED, si.si_status);
  kill(c, SIGSTOP);
  waitpid(c, &st, WUNTRACED);
  kill(c, SIGTERM);
  printf("pending while stopped: %d\n", waitpid(c, &st, WNOHANG | WUNTRACED));
  kill(c, SIGCONT);
  waitpid(c, &st, 0);
  printf("then killed by %d\n", WTERMSIG(st));
  c = fork();
  if (c == 0) for (;;) pause();
  kill(c, SIGSTOP);
  waitpid(c, &st, WUNTRACED);
  kill(c, SIGKILL);
  waitpid(c, &st, 0);
  printf("killed while stopped: %d\n", WTERMSIG(st));
  return 0;
}
