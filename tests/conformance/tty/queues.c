/* FIONREAD, TCFLSH, TIOCOUTQ, TIOCSTI and requests that fail. */
#include "pty.h"
static void waiting(const char *what) {
  int n = -1;
  usleep(20000);
  ioctl(slave, FIONREAD, &n);
  printf("%s: %d\n", what, n);
}
static void e(const char *what, long v) { printf("%s: %ld %s\n", what, v, v < 0 ? strerror(errno) : ""); }
int main(void) {
  int v = -1;
  open_pair();
  modes(0, ECHO, 0, 0, 0, 0);
  TYPE("abc");
  waiting("no line yet");
  TYPE("\ndef\ng");
  waiting("two lines");
  tcflush(slave, TCIFLUSH);
  waiting("flushed");
  modes(0, ICANON, 0, 0, 0, 0);
  TYPE("raw");
  waiting("raw");
  e("TCFLSH", ioctl(slave, TCFLSH, 7));
  e("TIOCSTI", ioctl(slave, TIOCSTI, "!"));
  show_slave("typed");
  ioctl(slave, TIOCOUTQ, &v);
  printf("out %d\n", v);
  e("TIOCGETD", ioctl(slave, TIOCGETD, &v));
  printf("discipline %d\n", v);
  e("TIOCGPTN on the slave", ioctl(slave, TIOCGPTN, &v));
  e("TIOCMGET", ioctl(slave, TIOCMGET, &v));
  e("unknown", ioctl(slave, 0x54ff, &v));
  e("tcsendbreak", tcsendbreak(slave, 0));
  e("tcdrain", tcdrain(slave));
  e("TIOCEXCL", ioctl(slave, TIOCEXCL));
  e("TIOCGEXCL", ioctl(slave, TIOCGEXCL, &v));
  printf("exclusive %d\n", v);
  e("TCGETS bad", ioctl(slave, TCGETS, (void *)1));
  e("lseek", lseek(slave, 0, SEEK_SET));
  e("pread", pread(slave, &v, 1, 0));
  return 0;
}
