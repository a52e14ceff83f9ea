/* Signal characters go to the foreground group of the session. */
#include "pty.h"
static volatile int got;
static void on(int s) { got = s; }
int main(void) {
  open_pair();
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    close(slave);
    slave = open(ptsname(master), O_RDWR);
    signal(SIGINT, on);
    signal(SIGQUIT, on);
    signal(SIGTSTP, on);
    sigset_t none, all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    sigemptyset(&none);
    TYPE("lost\003");
    while (!got) sigsuspend(&none);
    printf("signal %d\n", got);
    got = 0;
    TYPE("\034");
    while (!got) sigsuspend(&none);
    printf("signal %d\n", got);
    got = 0;
    TYPE("\032");
    while (!got) sigsuspend(&none);
    printf("signal %d\n", got);
    got = 0;
    TYPE("after\n");
    show_slave("input was flushed");
    modes(NOFLSH, 0, 0, 0, 0, 0);
    TYPE("kept\003");
    while (!got) sigsuspend(&none);
    TYPE(" line\n");
    show_slave("NOFLSH");
    modes(0, ISIG, 0, 0, 0, 0);
    TYPE("a\003b\n");
    show_slave("without ISIG");
    _exit(0);
  }
  close(slave);
  int st;
  waitpid(pid, &st, 0);
  printf("status %d\n", st);
  return 0;
}
