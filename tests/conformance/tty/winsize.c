/* Window size of both ends, and SIGWINCH. */
#include "pty.h"
static volatile int winches;
static void on(int s) { (void)s; winches++; }
int main(void) {
  struct winsize w = {1, 1, 1, 1};
  open_pair();
  ioctl(slave, TIOCGWINSZ, &w);
  printf("%d %d %d %d\n", w.ws_row, w.ws_col, w.ws_xpixel, w.ws_ypixel);
  w = (struct winsize){24, 80, 640, 480};
  printf("set %d\n", ioctl(master, TIOCSWINSZ, &w));
  memset(&w, 0, sizeof w);
  ioctl(slave, TIOCGWINSZ, &w);
  printf("%d %d %d %d\n", w.ws_row, w.ws_col, w.ws_xpixel, w.ws_ypixel);
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    close(slave);
    slave = open(ptsname(master), O_RDWR);
    signal(SIGWINCH, on);
    w.ws_row = 30;
    ioctl(master, TIOCSWINSZ, &w);
    printf("changed: %d\n", winches);
    ioctl(master, TIOCSWINSZ, &w);
    printf("same again: %d\n", winches);
    w.ws_col = 100;
    ioctl(slave, TIOCSWINSZ, &w);
    printf("from the slave: %d\n", winches);
    _exit(0);
  }
  close(slave);
  wait(NULL);
  ioctl(master, TIOCGWINSZ, &w);
  printf("%d %d\n", w.ws_row, w.ws_col);
  int r = ioctl(master, TIOCSWINSZ, (void *)8);
  printf("bad %d %s\n", r, strerror(errno));
  return 0;
}
