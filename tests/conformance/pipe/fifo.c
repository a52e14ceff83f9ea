// Named pipes: rules of opening, data, removal.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
static void h(int s) {}
static int mask(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT};
  poll(&p, 1, 0);
  return p.revents;
}
int main(void) {
  char b[64];
  setbuf(stdout, 0);
  umask(022);
  printf("mkfifo %d\n", mkfifo("f", 0666));
  P("again", mkfifo("f", 0666));
  struct stat st;
  stat("f", &st);
  printf("mode %o\n", st.st_mode);
  P("nonblock write without reader", open("f", O_WRONLY | O_NONBLOCK));
  int r = open("f", O_RDONLY | O_NONBLOCK);
  printf("nonblock read %d, read gives %zd\n", r, read(r, b, 1));
  printf("poll %x\n", mask(r));
  int w = open("f", O_WRONLY | O_NONBLOCK);
  printf("now write %d; poll r %x w %x\n", w, mask(r), mask(w));
  P("read with writer", read(r, b, 1));
  write(w, "data", 4);
  printf("poll r %x\n", mask(r));
  close(w);
  printf("after close poll r %x\n", mask(r));
  printf("read %zd\n", read(r, b, 64));
  printf("then %zd\n", read(r, b, 64));
  printf("poll r %x\n", mask(r));
  close(r);
  int rw = open("f", O_RDWR);
  printf("rdwr %d poll %x\n", rw, mask(rw));
  write(rw, "self", 4);
  printf("own data %zd\n", read(rw, b, 64));
  printf("poll %x\n", mask(rw));
  close(rw);
  // Both wait for each other.
  if (fork() == 0) {
    int w = open("f", O_WRONLY);
    write(w, "from child", 10);
    _exit(0);
  }
  r = open("f", O_RDONLY);
  ssize_t n = read(r, b, 64);
  printf("%.*s\n", (int)n, b);
  wait(0);
  printf("eof %zd\n", read(r, b, 64));
  close(r);
  if (fork() == 0) {
    int r = open("f", O_RDONLY);
    char c[10];
    ssize_t n = read(r, c, 10);
    printf("child got %zd\n", n);
    _exit(0);
  }
  w = open("f", O_WRONLY);
  write(w, "xyz", 3);
  close(w);
  wait(0);
  struct sigaction sa = {.sa_handler = h};
  sigaction(SIGALRM, &sa, 0);
  alarm(1);
  P("open interrupted", open("f", O_RDONLY));
  P("and leaves no reader", open("f", O_WRONLY | O_NONBLOCK));
  P("O_CREAT|O_EXCL", open("f", O_CREAT | O_EXCL | O_RDWR, 0600));
  printf("O_TRUNC works %d\n", open("f", O_RDWR | O_TRUNC | O_NONBLOCK) >= 0);
  printf("unlink %d\n", unlink("f"));
  mknod("g", S_IFIFO | 0600, 0);
  stat("g", &st);
  printf("mknod %o\n", st.st_mode);
  int path = open("g", O_PATH);
  printf("O_PATH %d\n", path >= 0);
  return 0;
}
