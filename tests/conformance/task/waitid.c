// waitid with every selector, WNOWAIT, WNOHANG and siginfo contents.
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <errno.h>
#include <signal.h>
static void show(const char *what, int r, siginfo_t *si, pid_t child) {
  printf("%s: r=%d signo=%d code=%d status=%d pid=%s uid=%d\n", what, r, si->si_signo, si->si_code, si->si_status,
         si->si_pid == child ? "child" : si->si_pid == 0 ? "0" : "?", si->si_uid == getuid());
}
int main(void) {
  siginfo_t si;
  int gate[2];
  pipe(gate);
  pid_t c = fork();
  if (c == 0) { char b; close(gate[1]); read(gate[0], &b, 1); _exit(42); }
  close(gate[0]);
  memset(&si, 0xff, sizeof si);
  int r = waitid(P_PID, c, &si, WEXITED | WNOHANG);
  printf("nohang: r=%d signo=%d pid=%d\n", r, si.si_signo, si.si_pid);
  close(gate[1]);
  memset(&si, 0, sizeof si);
  r = waitid(P_PID, c, &si, WEXITED | WNOWAIT);
  show("nowait", r, &si, c);
  r = waitid(P_PGID, 0, &si, WEXITED);
  show("pgid", r, &si, c);
  errno = 0;
  r = waitid(P_ALL, 0, &si, WEXITED);
  printf("all gone: r=%d errno=%d\n", r, errno);
  errno = 0; r = waitid(P_ALL, 0, &si, 0); printf("no event kind: r=%d errno=%d\n", r, errno);
  errno = 0; r = waitid(P_PID, 0, &si, WEXITED); printf("pid 0: r=%d errno=%d\n", r, errno);
  errno = 0; r = waitid((idtype_t)9, 0, &si, WEXITED); printf("bad type: r=%d errno=%d\n", r, errno);
  errno = 0; r = waitid((idtype_t)3, -1, &si, WEXITED); printf("bad pidfd: r=%d errno=%d\n", r, errno);
  errno = 0; r = waitid((idtype_t)3, 200, &si, WEXITED); printf("closed pidfd: r=%d errno=%d\n", r, errno);
  c = fork();
  if (c == 0) { signal(SIGTERM, SIG_DFL); raise(SIGTERM); _exit(0); }
  memset(&si, 0, sizeof si);
  r = waitid(P_ALL, 0, &si, WEXITED);
  show("term", r, &si, c);
  return 0;
}
