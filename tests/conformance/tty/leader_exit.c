/* The session leader exits: the foreground group gets SIGHUP, the terminal is free again. */
#include "pty.h"
int main(void) {
  int p[2];
  char c;
  open_pair();
  if (pipe(p)) return 1;
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    ioctl(slave, TIOCSCTTY, 0);
    pid_t kid = fork();
    if (kid == 0) {
      sigset_t s;
      int sig;
      sigemptyset(&s);
      sigaddset(&s, SIGHUP);
      sigprocmask(SIG_BLOCK, &s, NULL);
      if (write(p[1], "r", 1) != 1) _exit(1);
      sigwait(&s, &sig);
      printf("kid got %d\n", sig);
      int fd = open("/dev/tty", O_RDWR);
      printf("/dev/tty: %s\n", fd < 0 ? strerror(errno) : "ok");
      long n = write(slave, "still\n", 6);
      printf("write %ld\n", n);
      if (write(p[1], "d", 1) != 1) _exit(1);
      _exit(0);
    }
    if (read(p[0], &c, 1) != 1) _exit(1);
    _exit(0);
  }
  waitpid(pid, NULL, 0);
  if (read(p[0], &c, 1) != 1) return 1;
  printf("foreground group %d\n", tcgetpgrp(master));
  show_master("output");
  return 0;
}
