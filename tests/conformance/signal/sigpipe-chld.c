// SIGPIPE with EPIPE; SIGCHLD's siginfo; SA_NOCLDSTOP.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile int n;
static void h(int s, siginfo_t *si, void *u) { n++; printf("sig %d code %d status %d\n", s, si->si_code, s == SIGCHLD ? si->si_status : 0); }
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  int p[2];
  pipe(p);
  close(p[0]);
  struct sigaction sa; memset(&sa, 0, sizeof sa); sa.sa_sigaction = h; sa.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaction(SIGPIPE, &sa, 0); sigaction(SIGCHLD, &sa, 0);
  errno = 0; int r = write(p[1], "x", 1); printf("%d %d\n", r, errno == EPIPE);
  signal(SIGPIPE, SIG_IGN);
  errno = 0; r = write(p[1], "x", 1); printf("%d %d\n", r, errno == EPIPE);
  pid_t c = fork();
  if (c == 0) for (;;) pause();
  int st;
  // Each SIGCHLD is awaited, or the next one would find it still pending.
  kill(c, SIGSTOP); waitpid(c, &st, WUNTRACED); while (n < 2) usleep(1000);
  kill(c, SIGCONT); waitpid(c, &st, WCONTINUED); while (n < 3) usleep(1000);
  kill(c, SIGKILL); waitpid(c, &st, 0); while (n < 4) usleep(1000);
  printf("count %d\n", n);
  sa.sa_flags |= SA_NOCLDSTOP; sigaction(SIGCHLD, &sa, 0);
  c = fork();
  if (c == 0) for (;;) pause();
  kill(c, SIGSTOP); waitpid(c, &st, WUNTRACED);
  kill(c, SIGCONT); waitpid(c, &st, WCONTINUED);
  kill(c, SIGTERM); waitpid(c, &st, 0);
  printf("count %d\n", n);
  return 0;
}
