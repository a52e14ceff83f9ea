/* Getting, sharing and giving up a controlling terminal. */
#include "pty.h"
static void r(const char *what, long v) { printf("%s: %s\n", what, v < 0 ? strerror(errno) : "ok"); }
int main(void) {
  int pgrp;
  open_pair();
  pid_t pid = fork();
  if (pid == 0) {
    r("TIOCSCTTY without session", ioctl(slave, TIOCSCTTY, 0));
    setsid();
    r("open /dev/tty", open("/dev/tty", O_RDWR));
    r("tcgetpgrp", tcgetpgrp(slave));
    r("TIOCGSID", ioctl(slave, TIOCGSID, &pgrp));
    r("TIOCNOTTY", ioctl(slave, TIOCNOTTY));
    r("TIOCSCTTY", ioctl(slave, TIOCSCTTY, 0));
    r("again", ioctl(slave, TIOCSCTTY, 0));
    int tty = open("/dev/tty", O_RDWR);
    r("open /dev/tty", tty);
    printf("pgrp is mine: %d, session: %d\n", tcgetpgrp(tty) == getpid(), tcgetsid(tty) == getpid());
    printf("from the master: %d\n", tcgetpgrp(master) == getpid());
    r("group of nobody", tcsetpgrp(slave, 999999));
    r("negative group", tcsetpgrp(slave, -5));
    r("group of another session", tcsetpgrp(slave, getppid()));
    pid_t kid = fork();
    if (kid == 0) {
      if (fork() == 0) {
        setsid();
        r("another session's", ioctl(slave, TIOCSCTTY, 0));
        r("/dev/tty there", open("/dev/tty", O_RDWR));
        r("tcgetpgrp there", tcgetpgrp(slave));
        _exit(0);
      }
      wait(NULL);
      setpgid(0, 0);
      signal(SIGTTOU, SIG_IGN);
      r("kid takes the foreground", tcsetpgrp(slave, getpid()));
      _exit(0);
    }
    waitpid(kid, NULL, 0);
    printf("foreground is the kid's: %d\n", tcgetpgrp(tty) == kid);
    signal(SIGTTOU, SIG_IGN);
    r("take it back", tcsetpgrp(slave, getpid()));
    signal(SIGHUP, SIG_IGN);
    r("TIOCNOTTY", ioctl(slave, TIOCNOTTY));
    r("open /dev/tty", open("/dev/tty", O_RDWR));
    _exit(0);
  }
  waitpid(pid, NULL, 0);
  return 0;
}
