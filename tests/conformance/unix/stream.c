// Streams: partial reads, peeking, MSG_WAITALL, half-closed connections, SIGPIPE, ECONNRESET, zero lengths, readiness.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int sv[2];
static void say(const char *what, long r) { printf("%s: %ld %s\n", what, r, r < 0 ? strerror(errno) : ""); }
static void ready(const char *when, int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0};
  poll(&p, 1, 0);
  printf("%s: events %x\n", when, p.revents);
}
static volatile int pipes;
static void on_pipe(int sig) { (void)sig, pipes++; }

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  char b[100] = {0};
  signal(SIGPIPE, on_pipe);
  socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
  ready("new", sv[0]);
  write(sv[0], "hello ", 6);
  write(sv[0], "world", 5);
  ready("with data", sv[1]);
  say("peek", recv(sv[1], b, 3, MSG_PEEK));
  say("peek across messages", recv(sv[1], b, 50, MSG_PEEK));
  printf("[%s]\n", b);
  say("read 8", read(sv[1], b, 8));
  say("rest", read(sv[1], b, 50));
  say("empty", recv(sv[1], b, 50, MSG_DONTWAIT));
  say("write nothing", write(sv[0], b, 0));
  say("send nothing", send(sv[0], b, 0, 0));
  ready("nothing is nothing", sv[1]);
  say("read into nothing", read(sv[1], b, 0));
  struct iovec v[3] = {{"ab", 2}, {"", 0}, {"cde", 3}};
  say("writev", writev(sv[0], v, 3));
  struct iovec r[2] = {{b, 1}, {b + 10, 20}};
  say("readv", readv(sv[1], r, 2));
  if (fork() == 0) {
    for (int i = 0; i < 4; i++) {
      usleep(2000);
      write(sv[0], "1234567890", 10);
    }
    _exit(0);
  }
  say("waitall", recv(sv[1], b, 35, MSG_WAITALL));
  wait(NULL);
  say("left", recv(sv[1], b, 35, MSG_DONTWAIT));
  write(sv[0], "tail", 4);
  shutdown(sv[0], SHUT_WR);
  ready("writer shut, own side", sv[0]);
  ready("writer shut, other side", sv[1]);
  say("write after shutdown", write(sv[0], "x", 1));
  printf("SIGPIPE %d\n", pipes);
  say("no signal", send(sv[0], "x", 1, MSG_NOSIGNAL));
  printf("SIGPIPE %d\n", pipes);
  say("read tail", read(sv[1], b, 10));
  say("end", read(sv[1], b, 10));
  say("other way still works", write(sv[1], "back", 4));
  say("and arrives", read(sv[0], b, 10));
  close(sv[0]);
  ready("peer closed", sv[1]);
  say("write to closed", send(sv[1], "x", 1, MSG_NOSIGNAL));
  say("read from closed", read(sv[1], b, 10));
  close(sv[1]);
  socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
  write(sv[0], "unread", 6);
  write(sv[1], "mine", 4);
  close(sv[1]);
  ready("peer closed with unread data", sv[0]);
  int e;
  socklen_t n = sizeof e;
  say("read what is here", read(sv[0], b, 10));
  getsockopt(sv[0], SOL_SOCKET, SO_ERROR, &e, &n);
  printf("error %s\n", strerror(e));
  socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
  shutdown(sv[0], SHUT_RD);
  say("peer of SHUT_RD writes", send(sv[1], "x", 1, MSG_NOSIGNAL));
  say("reader gets", read(sv[0], b, 1));
  shutdown(sv[0], SHUT_RDWR);
  ready("both shut", sv[0]);
  ready("both shut, peer", sv[1]);
}
