/* What new terminals start with, and speeds. */
#include "pty.h"
struct termios2 {
  unsigned iflag, oflag, cflag, lflag;
  unsigned char line, cc[19];
  unsigned ispeed, ospeed;
};
static void print(int fd) {
  struct termios2 t;
  ioctl(fd, 0x802c542a, &t);
  printf("%o %o %o %o line %d cc", t.iflag, t.oflag, t.cflag, t.lflag, t.line);
  for (int i = 0; i < 19; i++) printf(" %d", t.cc[i]);
  printf(" speed %u %u\n", t.ispeed, t.ospeed);
}
#ifndef BOTHER
#define BOTHER 010000
#endif
int main(void) {
  struct termios t;
  struct termios2 t2;
  open_pair();
  print(slave);
  print(master);
  tcgetattr(slave, &t);
  cfsetspeed(&t, B115200);
  tcsetattr(slave, TCSANOW, &t);
  print(slave);
  ioctl(slave, 0x802c542a, &t2);
  t2.cflag = (t2.cflag & ~CBAUD) | BOTHER;
  t2.ispeed = t2.ospeed = 12345;
  ioctl(slave, 0x402c542b, &t2);
  print(slave);
  cfmakeraw(&t);
  t.c_cflag &= ~CREAD;
  tcsetattr(slave, TCSANOW, &t);
  print(slave);
  tcgetattr(slave, &t);
  t.c_cflag = (t.c_cflag & ~CSIZE) | CS5 | PARENB;
  tcsetattr(slave, TCSANOW, &t);
  print(slave);
  return 0;
}
