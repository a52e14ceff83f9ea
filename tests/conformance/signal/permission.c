// Who may signal whom.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  if (getuid() != 0) { puts("needs root"); return 0; }
  pid_t victim = fork();
  if (victim == 0) for (;;) pause();
  pid_t same = fork();
  if (same == 0) { setresuid(1000, 1000, 1000); for (;;) pause(); }
  usleep(20000);
  pid_t c = fork();
  if (c == 0) {
    setresuid(1000, 1000, 1000);
    errno = 0; int r = kill(victim, 0); printf("root's: %d %d\n", r, errno == EPERM);
    errno = 0; r = kill(victim, SIGTERM); printf("term: %d %d\n", r, errno == EPERM);
    errno = 0; r = kill(victim, SIGCONT); printf("cont in session: %d\n", r);
    errno = 0; r = kill(same, 0); printf("own: %d\n", r);
    setsid();
    errno = 0; r = kill(victim, SIGCONT); printf("cont elsewhere: %d %d\n", r, errno == EPERM);
    _exit(0);
  }
  waitpid(c, 0, 0);
  kill(victim, SIGKILL); kill(same, SIGKILL);
  wait(0); wait(0);
  return 0;
}
