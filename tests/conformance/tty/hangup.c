/* The master goes: the slave's readers see the end, writers EIO, the session SIGHUP. */
#include "pty.h"
static volatile int got;
static void on(int s) { got = s; }
int main(void) {
  int ready[2];
  char c = 0;
  open_pair();
  if (pipe(ready)) return 1;
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    close(slave);
    slave = open(ptsname(master), O_RDWR);
    close(master);
    signal(SIGHUP, on);
    signal(SIGCONT, SIG_IGN);
    if (write(ready[1], "x", 1) != 1) _exit(1);
    while (!got) pause();
    printf("signal %d\n", got);
    printf("read %ld\n", (long)read(slave, &c, 1));
    long n = write(slave, "x", 1);
    printf("write %ld %s\n", n, strerror(errno));
    struct pollfd p = {slave, POLLIN | POLLOUT, 0};
    int r = poll(&p, 1, 0);
    printf("poll %d %x\n", r, p.revents);
    struct termios t;
    r = tcgetattr(slave, &t);
    printf("tcgetattr %d %s\n", r, strerror(errno));
    r = open("/dev/tty", O_RDWR);
    printf("/dev/tty %d %s\n", r, strerror(errno));
    printf("isatty %d\n", isatty(slave));
    _exit(0);
  }
  if (read(ready[0], &c, 1) != 1) return 1;
  close(slave);
  close(master);
  int st;
  waitpid(pid, &st, 0);
  printf("status %d\n", st);
  return 0;
}
