/* An orphaned background group is not stopped: it gets EIO. Stopped ones get SIGHUP and SIGCONT. */
#include "pty.h"
int main(void) {
  int p[2];
  char buf[64];
  open_pair();
  if (pipe(p)) return 1;
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    close(slave);
    slave = open(ptsname(master), O_RDWR);
    pid_t mid = fork();
    if (mid == 0) {
      if (fork() == 0) {
        setpgid(0, 0);
        usleep(50000);
        long n = read(slave, buf, 1);
        int len = sprintf(buf, "read %ld %s", n, n < 0 ? strerror(errno) : "");
        if (write(p[1], buf, len) != len) _exit(1);
        _exit(0);
      }
      _exit(0);
    }
    waitpid(mid, NULL, 0);
    sleep(1);
    _exit(0);
  }
  close(p[1]);
  show("orphan", buf, read(p[0], buf, 64));
  wait(NULL);
  return 0;
}
