/* Background groups: SIGTTIN, SIGTTOU, and who is spared. */
#include "pty.h"
static void report(const char *what, pid_t pid) {
  int st;
  waitpid(pid, &st, WUNTRACED);
  if (WIFSTOPPED(st)) printf("%s: stopped by %d\n", what, WSTOPSIG(st));
  else if (WIFEXITED(st)) printf("%s: exit %d\n", what, WEXITSTATUS(st));
  else printf("%s: killed by %d\n", what, WTERMSIG(st));
}
static pid_t background(void) {
  pid_t pid = fork();
  if (pid == 0) setpgid(0, 0);
  else setpgid(pid, pid);
  return pid;
}
int main(void) {
  open_pair();
  pid_t pid = fork();
  if (pid == 0) {
    char c;
    struct termios t;
    setsid();
    close(slave);
    slave = open(ptsname(master), O_RDWR);
    if ((pid = background()) == 0) _exit(read(slave, &c, 1) == 1 ? 7 : 8);
    report("read", pid);
    TYPE("x\n");
    tcsetpgrp(slave, pid);
    kill(-pid, SIGCONT);
    report("in the foreground", pid);
    signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(slave, getpid());
    signal(SIGTTOU, SIG_DFL);
    if ((pid = background()) == 0) {
      signal(SIGTTIN, SIG_IGN);
      long n = read(slave, &c, 1);
      _exit(n < 0 && errno == EIO ? 9 : 10);
    }
    report("read, ignoring", pid);
    if ((pid = background()) == 0) _exit(write(slave, "y", 1) == 1 ? 11 : 12);
    report("write", pid);
    modes(TOSTOP, 0, 0, 0, 0, 0);
    if ((pid = background()) == 0) _exit(write(slave, "y", 1) == 1 ? 11 : 12);
    report("write with TOSTOP", pid);
    kill(pid, SIGKILL);
    report("it", pid);
    if ((pid = background()) == 0) {
      signal(SIGTTOU, SIG_IGN);
      _exit(write(slave, "z", 1) == 1 ? 13 : 14);
    }
    report("write with TOSTOP, ignoring", pid);
    if ((pid = background()) == 0) {
      tcgetattr(slave, &t);
      _exit(tcsetattr(slave, TCSANOW, &t) == 0 ? 15 : 16);
    }
    report("tcsetattr", pid);
    kill(pid, SIGKILL);
    report("it", pid);
    if ((pid = background()) == 0) _exit(tcsetpgrp(slave, getpid()) == 0 ? 17 : 18);
    report("tcsetpgrp", pid);
    kill(pid, SIGKILL);
    report("it", pid);
    _exit(0);
  }
  close(slave);
  wait(NULL);
  return 0;
}
