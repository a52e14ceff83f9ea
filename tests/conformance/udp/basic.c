// UDP between sockets of this machine: addresses, errors, truncation, peeking.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void show(const char *what, long r) { printf("%s: %ld%s%s\n", what, r, r < 0 ? " " : "", r < 0 ? strerror(errno) : ""); }
static struct sockaddr_in at(const char *ip, int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_aton(ip, &a.sin_addr);
  return a;
}
static int port_of(int fd) {
  struct sockaddr_in a;
  socklen_t n = sizeof a;
  getsockname(fd, (void *)&a, &n);
  return ntohs(a.sin_port);
}
static void name(const char *what, int fd, int peer) {
  struct sockaddr_in a;
  memset(&a, 0xee, sizeof a);
  socklen_t n = sizeof a;
  int r = peer ? getpeername(fd, (void *)&a, &n) : getsockname(fd, (void *)&a, &n);
  if (r < 0) return show(what, r);
  printf("%s: family %d %s port %s length %d\n", what, a.sin_family, inet_ntoa(a.sin_addr), a.sin_port ? "set" : "0", n);
}
static int revents(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLRDNORM | POLLWRNORM, 0};
  poll(&p, 1, 0);
  return p.revents;
}

int main(void) {
  char buf[100];
  int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  struct sockaddr_in any = at("127.0.0.1", 0), from;
  socklen_t n = sizeof from;
  name("unbound", a, 0);
  name("unbound peer", a, 1);
  printf("poll unbound %x\n", revents(a));
  show("send unconnected", send(a, "x", 1, 0));
  show("bind", bind(a, (void *)&any, sizeof any));
  show("bind again", bind(a, (void *)&any, sizeof any));
  name("bound", a, 0);
  struct sockaddr_in to = at("127.0.0.1", port_of(a));
  show("sendto", sendto(b, "hello", 5, 0, (void *)&to, sizeof to));
  name("autobound", b, 0);
  printf("poll readable %x\n", revents(a));
  int q = -1;
  show("FIONREAD", ioctl(a, FIONREAD, &q));
  printf("queued %d\n", q);
  show("peek", recv(a, buf, 3, MSG_PEEK));
  show("peek with MSG_TRUNC", recv(a, buf, 3, MSG_PEEK | MSG_TRUNC));
  memset(buf, 0, sizeof buf);
  show("recvfrom", recvfrom(a, buf, sizeof buf, 0, (void *)&from, &n));
  printf("%s from %s, port right: %d, length %d\n", buf, inet_ntoa(from.sin_addr), ntohs(from.sin_port) == port_of(b), n);
  show("nothing there", recv(a, buf, 1, MSG_DONTWAIT));
  show("reply", sendto(a, "reply!", 6, 0, (void *)&from, n));
  struct iovec iov = {buf, 3};
  struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
  show("recvmsg", recvmsg(b, &m, 0));
  printf("flags %x\n", m.msg_flags);
  show("empty", sendto(b, "", 0, 0, (void *)&to, sizeof to));
  show("recv empty", recv(a, buf, 10, 0));
  show("empty via send", sendto(b, 0, 0, 0, (void *)&to, sizeof to));
  show("recv empty", recv(a, 0, 0, 0));

  puts("connected");
  show("connect", connect(b, (void *)&to, sizeof to));
  name("local", b, 0);
  name("peer", b, 1);
  show("send", send(b, "one", 3, 0));
  show("write", write(b, "two", 3));
  show("sendto elsewhere", sendto(b, "three", 5, 0, (void *)&to, sizeof to));
  for (int i = 0; i < 3; i++) {
    memset(buf, 0, sizeof buf);
    show("read", read(a, buf, sizeof buf));
    puts(buf);
  }
  int c = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in bto = at("127.0.0.1", port_of(b));
  show("stranger sends", sendto(c, "stranger", 8, 0, (void *)&bto, sizeof bto));
  show("recv refused", recv(b, buf, 10, MSG_DONTWAIT));
  struct sockaddr un = {AF_UNSPEC};
  show("dissolve", connect(b, &un, sizeof un));
  name("after", b, 0);
  name("after peer", b, 1);
  show("send after", send(b, "x", 1, 0));

  puts("errors");
  struct sockaddr_in zero = at("127.0.0.1", 0), wrong = at("127.0.0.1", 9);
  wrong.sin_family = AF_UNIX;
  show("port 0", sendto(b, "x", 1, 0, (void *)&zero, sizeof zero));
  show("family", sendto(b, "x", 1, 0, (void *)&wrong, sizeof wrong));
  wrong.sin_family = AF_UNSPEC;
  show("unspec", sendto(b, "x", 1, 0, (void *)&to, 8));
  show("short connect", connect(b, (void *)&to, 8));
  show("tiny connect", connect(b, (void *)&to, 1));
  show("MSG_OOB send", sendto(b, "x", 1, MSG_OOB, (void *)&to, sizeof to));
  show("MSG_OOB recv", recv(a, buf, 1, MSG_OOB | MSG_DONTWAIT));
  static char big[70000];
  show("65508", sendto(b, big, 65508, 0, (void *)&to, sizeof to));
  show("65507", sendto(b, big, 65507, 0, (void *)&to, sizeof to));
  show("received", recv(a, big, sizeof big, 0));
  show("70000", sendto(b, big, 70000, 0, (void *)&to, sizeof to));
  show("listen", listen(b, 1));
  show("accept", accept(b, 0, 0));
  struct sockaddr_in foreign = at("8.8.8.8", 0), low = at("127.0.0.1", 0);
  show("bind foreign", bind(socket(AF_INET, SOCK_DGRAM, 0), (void *)&foreign, sizeof foreign));
  show("bind short", bind(socket(AF_INET, SOCK_DGRAM, 0), (void *)&low, 10));
  struct sockaddr_in fam = at("127.0.0.1", 0);
  fam.sin_family = AF_UNSPEC;
  show("bind unspec 127.0.0.1", bind(socket(AF_INET, SOCK_DGRAM, 0), (void *)&fam, sizeof fam));
  fam.sin_addr.s_addr = 0;
  show("bind unspec any", bind(socket(AF_INET, SOCK_DGRAM, 0), (void *)&fam, sizeof fam));
  show("bad address", sendto(b, (void *)8, 5, 0, (void *)&to, sizeof to));
  show("bad name", sendto(b, "x", 1, 0, (void *)8, sizeof to));
  show("send to be read badly", sendto(b, "12345", 5, 0, (void *)&to, sizeof to));
  show("bad buffer", recv(a, (void *)8, 5, 0));
  show("it is gone", recv(a, buf, 5, MSG_DONTWAIT));

  puts("refused");
  int d = socket(AF_INET, SOCK_DGRAM, 0), e = socket(AF_INET, SOCK_DGRAM, 0);
  bind(e, (void *)&any, sizeof any);
  struct sockaddr_in gone = at("127.0.0.1", port_of(e));
  close(e);
  show("connect", connect(d, (void *)&gone, sizeof gone));
  show("send", send(d, "x", 1, 0));
  printf("poll %x\n", revents(d));
  int err = -1;
  n = sizeof err;
  getsockopt(d, SOL_SOCKET, SO_ERROR, &err, &n);
  printf("SO_ERROR %s\n", strerror(err));
  show("send", send(d, "x", 1, 0));
  show("send reports", send(d, "x", 1, 0));
  show("send", send(d, "x", 1, 0));
  show("recv reports", recv(d, buf, 1, 0));
  show("recv", recv(d, buf, 1, MSG_DONTWAIT));
  show("unconnected does not care", sendto(b, "x", 1, 0, (void *)&gone, sizeof gone));
  show("indeed", recv(b, buf, 1, MSG_DONTWAIT));

  puts("shutdown");
  show("shutdown unconnected", shutdown(b, SHUT_RD));
  show("how", shutdown(d, 7));
  connect(d, (void *)&to, sizeof to);
  show("write", shutdown(d, SHUT_WR));
  printf("poll %x\n", revents(d));
  show("send", send(d, "x", 1, 0));
  show("read", shutdown(d, SHUT_RD));
  printf("poll %x\n", revents(d));
  show("recv", recv(d, buf, 1, 0));
  return 0;
}
