// Orphans go to a subreaper; PR_SET_PDEATHSIG.
#include <stdio.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <stdlib.h>
int main(void) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  int x = 0;
  prctl(PR_GET_CHILD_SUBREAPER, &x);
  printf("subreaper=%d\n", x);
  fflush(stdout);
  int ready[2];
  pipe(ready);
  pid_t c = fork();
  if (c == 0) {
    pid_t g = fork();
    if (g == 0) {
      char b;
      close(ready[1]);
      read(ready[0], &b, 1);
      _exit(getppid() == getppid() ? 17 : 0);
    }
    _exit(1);
  }
  int st;
  waitpid(c, &st, 0);
  printf("child %d\n", WEXITSTATUS(st));
  close(ready[0]); close(ready[1]);
  pid_t g = wait(&st);
  printf("grandchild reaped=%d code=%d\n", g > 0 && g != c, WEXITSTATUS(st));
  c = fork();
  if (c == 0) {
    pid_t g2 = fork();
    if (g2 == 0) { prctl(PR_SET_PDEATHSIG, SIGUSR1); for (;;) pause(); }
    usleep(50000);
    _exit(2);
  }
  for (int i = 0; i < 2; i++) {
    pid_t p = wait(&st);
    if (p == c) printf("parent: %d\n", WEXITSTATUS(st));
  }
  printf("last: signaled=%d sig=%d\n", WIFSIGNALED(st), WIFSIGNALED(st) ? WTERMSIG(st) : 0);
  return 0;
}
