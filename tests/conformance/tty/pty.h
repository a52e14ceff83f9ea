#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int master, slave;

/* Opens a pair; neither end becomes a controlling terminal. */
static void open_pair(void) {
  master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) || unlockpt(master)) {
    perror("pty");
    exit(1);
  }
  slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  if (slave < 0) {
    perror("slave");
    exit(1);
  }
  setvbuf(stdout, NULL, _IONBF, 0);
}

/* Prints bytes so that everything can be seen. */
static void show(const char *what, const char *p, long n) {
  printf("%s: ", what);
  if (n < 0) {
    printf("%s\n", strerror(errno));
    return;
  }
  for (long i = 0; i < n; i++) {
    unsigned char c = p[i];
    if (c == '\n') printf("\\n");
    else if (c == '\r') printf("\\r");
    else if (c == '\t') printf("\\t");
    else if (c == '\b') printf("\\b");
    else if (c < 32 || c > 126) printf("\\x%02x", c);
    else putchar(c);
  }
  printf(" (%ld)\n", n);
}

/* Everything that arrives until nothing comes for a while. */
static long drain(int fd, char *buf, long size) {
  long n = 0;
  for (;;) {
    struct pollfd p = {fd, POLLIN, 0};
    if (poll(&p, 1, 60) <= 0 || !(p.revents & POLLIN) || n == size) return n;
    long r = read(fd, buf + n, size - n);
    if (r <= 0) return n ? n : r;
    n += r;
  }
}

static void show_master(const char *what) {
  static char buf[65536];
  show(what, buf, drain(master, buf, sizeof buf));
}

static void show_slave(const char *what) {
  static char buf[65536];
  int flags = fcntl(slave, F_GETFL);
  usleep(20000);
  fcntl(slave, F_SETFL, flags | O_NONBLOCK);
  long n = read(slave, buf, sizeof buf);
  fcntl(slave, F_SETFL, flags);
  show(what, buf, n);
}

static void type(const char *p, long n) {
  if (write(master, p, n) != n) perror("type");
}
#define TYPE(s) type(s, sizeof(s) - 1)

/* Sets and clears bits of the local, input and output modes. */
static void modes(tcflag_t lset, tcflag_t lclear, tcflag_t iset, tcflag_t iclear, tcflag_t oset, tcflag_t oclear) {
  struct termios t;
  tcgetattr(slave, &t);
  t.c_lflag = (t.c_lflag & ~lclear) | lset;
  t.c_iflag = (t.c_iflag & ~iclear) | iset;
  t.c_oflag = (t.c_oflag & ~oclear) | oset;
  tcsetattr(slave, TCSANOW, &t);
}

static void control_char(int index, int c) {
  struct termios t;
  tcgetattr(slave, &t);
  t.c_cc[index] = c;
  tcsetattr(slave, TCSANOW, &t);
}
