// fork, exit codes 0..255, wait4's status and order of reaping by pid.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <errno.h>
#include <signal.h>
int main(void) {
  pid_t pids[8];
  for (int i = 0; i < 8; i++) {
    pids[i] = fork();
    if (pids[i] == 0) _exit(i * 37);
  }
  for (int i = 7; i >= 0; i--) {
    int st;
    pid_t p = waitpid(pids[i], &st, 0);
    printf("%d: match=%d exited=%d code=%d\n", i, p == pids[i], WIFEXITED(st), WEXITSTATUS(st));
  }
  errno = 0;
  int w = wait(NULL);
  printf("no child: %d errno=%d\n", w, errno);
  pid_t k = fork();
  if (k == 0) { raise(SIGKILL); _exit(1); }
  int st;
  waitpid(k, &st, 0);
  printf("killed: signaled=%d sig=%d raw=%x\n", WIFSIGNALED(st), WTERMSIG(st), st);
  errno = 0;
  w = waitpid(k, &st, 0);
  printf("again: %d errno=%d\n", w, errno);
  w = waitpid(-1, &st, 0x100);
  printf("bad options: %d errno=%d\n", w, errno);
  return 3;
}
