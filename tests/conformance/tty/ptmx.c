/* Numbers, locks, the peer, and nodes. */
#include "pty.h"
#include <sys/stat.h>
#include <sys/sysmacros.h>
int main(void) {
  struct stat st;
  char path[64];
  int n1, n2, v;
  setvbuf(stdout, NULL, _IONBF, 0);
  int a = open("/dev/ptmx", O_RDWR | O_NOCTTY), b = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  ioctl(a, TIOCGPTN, &n1);
  ioctl(b, TIOCGPTN, &n2);
  printf("different %d\n", n1 != n2);
  ioctl(a, TIOCGPTLCK, &v);
  printf("locked %d\n", v);
  sprintf(path, "/dev/pts/%d", n1);
  v = open(path, O_RDWR | O_NOCTTY);
  printf("open locked: %s\n", strerror(errno));
  v = 0;
  ioctl(a, TIOCSPTLCK, &v);
  int s = open(path, O_RDWR | O_NOCTTY);
  printf("open: %d\n", s >= 0);
  fstat(s, &st);
  printf("mode %o major %d minor ok %d\n", st.st_mode & S_IFMT, major(st.st_rdev), minor(st.st_rdev) == (unsigned)n1);
  int peer = ioctl(a, TIOCGPTPEER, O_RDWR | O_NOCTTY);
  printf("peer: %d same node %d\n", peer >= 0, peer >= 0 && strcmp(ttyname(peer), path) == 0);
  printf("isatty %d %d\n", isatty(a), isatty(s));
  fstat(a, &st);
  printf("master %d:%d\n", major(st.st_rdev), minor(st.st_rdev));
  close(b);
  sprintf(path, "/dev/pts/%d", n2);
  printf("closed pair's node: %d\n", access(path, F_OK));
  close(a);
  sprintf(path, "/dev/pts/%d", n1);
  printf("node without master: %d\n", access(path, F_OK));
  return 0;
}
