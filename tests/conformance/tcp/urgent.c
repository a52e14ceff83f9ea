// Urgent data: the mark, the byte in and out of line, SIGURG, and what poll says.
#include "../inet/common.h"
static volatile int urgs;
static void on_urg(int s) { urgs++; }
static int mark(int fd) {
  int m = -1;
  return ioctl(fd, SIOCATMARK, &m) < 0 ? -errno : m;
}
static int avail(int fd) {
  int m = -1;
  ioctl(fd, FIONREAD, &m);
  return m;
}
static void rd(const char *what, int fd, int n, int flags) {
  char b[100] = "";
  long r = recv(fd, b, n, flags);
  printf("%s: %ld %s \"%.*s\"\n", what, r, r < 0 ? strerror(errno) : "", r > 0 ? (int)r : 0, b);
}

int main(void) {
  signal(SIGURG, on_urg);
  int s[2];
  pair(s);
  fcntl(s[1], F_SETOWN, getpid());
  printf("mark %d\n", mark(s[1]));
  rd("no urgent data", s[1], 1, MSG_OOB);
  send(s[0], "abc", 3, 0);
  show("send", send(s[0], "de!", 3, MSG_OOB));
  send(s[0], "fgh", 3, 0);
  settle();
  printf("signals %d\n", urgs);
  ready("urgent", s[1]);
  printf("mark %d available %d\n", mark(s[1]), avail(s[1]));
  rd("peek oob", s[1], 1, MSG_OOB | MSG_PEEK);
  rd("up to the mark", s[1], 100, 0);
  printf("mark %d available %d\n", mark(s[1]), avail(s[1]));
  ready("at the mark", s[1]);
  rd("oob", s[1], 100, MSG_OOB);
  rd("oob again", s[1], 1, MSG_OOB);
  ready("taken", s[1]);
  rd("behind the mark", s[1], 100, 0);
  printf("mark %d\n", mark(s[1]));
  rd("oob past", s[1], 1, MSG_OOB);

  puts("read over it");
  send(s[0], "x", 1, MSG_OOB);
  send(s[0], "yz", 2, 0);
  settle();
  printf("available %d mark %d\n", avail(s[1]), mark(s[1]));
  rd("the byte is skipped", s[1], 100, 0);
  rd("and lost", s[1], 1, MSG_OOB);

  puts("only urgent");
  send(s[0], "u", 1, MSG_OOB);
  settle();
  ready("only urgent", s[1]);
  rd("nothing in line", s[1], 1, MSG_DONTWAIT);
  rd("oob", s[1], 1, MSG_OOB);
  ready("after", s[1]);

  puts("two in a row");
  send(s[0], "1", 1, MSG_OOB);
  settle();
  send(s[0], "2", 1, MSG_OOB);
  settle();
  printf("signals %d, available %d\n", urgs, avail(s[1]));
  rd("oob", s[1], 1, MSG_OOB);
  rd("in line", s[1], 10, MSG_DONTWAIT);

  puts("in line");
  show("SO_OOBINLINE", set(s[1], SOL_SOCKET, SO_OOBINLINE, 1));
  send(s[0], "ab", 2, 0);
  send(s[0], "c", 1, MSG_OOB);
  send(s[0], "de", 2, 0);
  settle();
  ready("in line", s[1]);
  printf("available %d\n", avail(s[1]));
  rd("oob is no call for it", s[1], 1, MSG_OOB);
  rd("before", s[1], 100, 0);
  printf("mark %d\n", mark(s[1]));
  rd("from the mark", s[1], 100, 0);

  puts("to the other side");
  send(s[1], "q", 1, MSG_OOB);
  settle();
  printf("select: ");
  fd_set e;
  FD_ZERO(&e);
  FD_SET(s[0], &e);
  struct timeval t = {0, 0};
  printf("%d\n", select(s[0] + 1, 0, 0, &e, &t));
  rd("oob", s[0], 1, MSG_OOB);
  close(s[1]);
  settle();
  rd("oob after the end", s[0], 1, MSG_OOB);
  rd("end", s[0], 1, 0);
  return 0;
}
