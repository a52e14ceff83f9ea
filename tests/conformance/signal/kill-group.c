// kill with 0, negative pids and -1 inside a private session.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile int n;
static void h(int s) { n++; }
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  pid_t s = fork();
  if (s == 0) {
    setsid();
    signal(SIGUSR1, h);
    pid_t c[3];
    int ready[2];
    char byte;
    pipe(ready);
    for (int i = 0; i < 3; i++) {
      c[i] = fork();
      if (c[i] == 0) { if (i == 2) setpgid(0, 0); signal(SIGUSR1, SIG_DFL); write(ready[1], "", 1); for (;;) pause(); }
    }
    setpgid(c[2], c[2]);
    for (int i = 0; i < 3; i++) read(ready[0], &byte, 1);
    printf("kill 0: %d\n", kill(0, SIGUSR1));
    int st;
    for (int i = 0; i < 2; i++) { waitpid(c[i], &st, 0); printf("child %d sig %d\n", i, WTERMSIG(st)); }
    printf("own %d other alive %d\n", n, waitpid(c[2], &st, WNOHANG) == 0);
    printf("group: %d\n", kill(-c[2], SIGTERM));
    waitpid(c[2], &st, 0); printf("sig %d\n", WTERMSIG(st));
    errno = 0; int r = kill(-c[2], 0); printf("gone: %d %d\n", r, errno == ESRCH);
    _exit(0);
  }
  waitpid(s, 0, 0);
  return 0;
}
