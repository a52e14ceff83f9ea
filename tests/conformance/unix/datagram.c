// Datagrams and sequenced packets: boundaries, truncation, names of senders, queue limits, connect and disconnect.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void say(const char *what, long r) { printf("%s: %ld %s\n", what, r, r < 0 ? strerror(errno) : ""); }
static socklen_t name(struct sockaddr_un *a, const char *text) {
  memset(a, 0, sizeof *a);
  a->sun_family = AF_UNIX;
  strcpy(a->sun_path + 1, text);
  return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(text);
}
static void ready(const char *when, int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  poll(&p, 1, 0);
  printf("%s: events %x\n", when, p.revents);
}

int main(void) {
  struct sockaddr_un a, from = {0};
  char b[100];
  int x = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), y = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), z = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  socklen_t n = name(&a, "conf-x");
  bind(x, (void *)&a, n);
  say("send to a name", sendto(y, "12345", 5, 0, (void *)&a, n));
  say("empty one", sendto(y, "", 0, 0, (void *)&a, n));
  struct sockaddr_un ya;
  socklen_t yn = name(&ya, "conf-y");
  bind(y, (void *)&ya, yn);
  sendto(y, "abcdef", 6, 0, (void *)&a, n);
  int q;
  ioctl(x, FIONREAD, &q);
  printf("first has %d\n", q);
  socklen_t fn = sizeof from;
  say("cut", recvfrom(x, b, 3, 0, (void *)&from, &fn));
  printf("sender's name %u bytes\n", fn);
  say("empty", recv(x, b, 10, 0));
  fn = sizeof from;
  say("true length", recvfrom(x, b, 2, MSG_TRUNC, (void *)&from, &fn));
  printf("sender %s\n", from.sun_path + 1);
  say("none", recv(x, b, 10, 0));
  int i;
  for (i = 0; sendto(y, "m", 1, 0, (void *)&a, n) == 1; i++);
  printf("queue takes %d: %s\n", i, strerror(errno));
  say("connect", connect(y, (void *)&a, n));
  ready("peer's queue full", y);
  recv(x, b, 1, 0);
  ready("room again", y);
  say("send connected", send(y, "c", 1, 0));
  say("x connects to z's absent name", connect(x, (void *)&ya, yn));
  say("z sends to x, which listens to y", sendto(z, "z", 1, 0, (void *)&a, n));
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  say("disconnect", connect(y, &none, sizeof none));
  say("send after", send(y, "c", 1, 0));
  close(x);
  say("closed name", sendto(y, "m", 1, 0, (void *)&a, n));
  int sv[2];
  socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, sv);
  close(sv[1]);
  say("to a closed peer", send(sv[0], "x", 1, MSG_NOSIGNAL));
  say("again", send(sv[0], "x", 1, MSG_NOSIGNAL));
  socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, sv);
  shutdown(sv[1], SHUT_RD);
  say("to a shut peer", send(sv[0], "x", 1, MSG_NOSIGNAL));
  say("shut reads", recv(sv[1], b, 1, 0));
  socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sv);
  write(sv[0], "one", 3);
  write(sv[0], "twotwo", 6);
  ioctl(sv[1], FIONREAD, &q);
  printf("queue %d\n", q);
  struct msghdr m = {0};
  struct iovec v = {b, 4};
  m.msg_iov = &v;
  m.msg_iovlen = 1;
  say("first", recvmsg(sv[1], &m, 0));
  printf("flags %x\n", m.msg_flags);
  say("second", recvmsg(sv[1], &m, 0));
  printf("flags %x\n", m.msg_flags);
  ready("seqpacket", sv[1]);
  close(sv[0]);
  ready("peer closed", sv[1]);
  say("end", read(sv[1], b, 4));
  say("write", send(sv[1], "x", 1, MSG_NOSIGNAL));
  say("write again", send(sv[1], "x", 1, MSG_NOSIGNAL));
}
