// A connection from its beginning to its end: names, poll bits, counts, shutdown, closing.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void show(const char *what, long r) { printf("%s: %ld%s%s\n", what, r, r < 0 ? " " : "", r < 0 ? strerror(errno) : ""); }
static void ready(const char *what, int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLRDNORM | POLLWRNORM | POLLWRBAND, 0};
  poll(&p, 1, 0);
  printf("%s: poll %x\n", what, p.revents);
}
static struct sockaddr_in me(int fd) {
  struct sockaddr_in a;
  socklen_t n = sizeof a;
  getsockname(fd, (void *)&a, &n);
  return a;
}
static void name(const char *what, int fd, int peer) {
  struct sockaddr_in a = {0};
  socklen_t n = sizeof a;
  int r = peer ? getpeername(fd, (void *)&a, &n) : getsockname(fd, (void *)&a, &n);
  if (r < 0) return show(what, r);
  printf("%s: family %d %s port %s length %d\n", what, a.sin_family, inet_ntoa(a.sin_addr), a.sin_port ? "set" : "0", n);
}
static int error_of(int fd) {
  int e = -1;
  socklen_t n = sizeof e;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n);
  return e;
}
static void settle(void) { usleep(20000); }
static int queued(int fd, unsigned long cmd) {
  int q = -1;
  return ioctl(fd, cmd, &q) < 0 ? -errno : q;
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  char b[100];
  int l = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, peer;
  ready("fresh", l);
  show("accept unbound", accept(l, 0, 0));
  show("getpeername", getpeername(l, (void *)&peer, &(socklen_t){16}));
  show("send unconnected", send(l, "x", 1, 0));
  show("recv unconnected", recv(l, b, 1, 0));
  show("shutdown unconnected", shutdown(l, SHUT_RDWR));
  close(l);
  l = socket(AF_INET, SOCK_STREAM, 0);
  show("bind", bind(l, (void *)&any, sizeof any));
  name("bound", l, 0);
  show("listen", listen(l, 5));
  show("listen again", listen(l, 6));
  ready("listener", l);
  struct sockaddr_in to = me(l);
  show("connect on listener", connect(l, (void *)&to, sizeof to));
  show("recv on listener", recv(l, b, 1, 0));
  show("send on listener", send(l, "x", 1, 0));
  printf("FIONREAD on listener %d\n", queued(l, FIONREAD));
  int v = -1;
  socklen_t n = sizeof v;
  getsockopt(l, SOL_SOCKET, SO_ACCEPTCONN, &v, &n);
  printf("accepting %d\n", v);

  int c = socket(AF_INET, SOCK_STREAM, 0);
  show("connect", connect(c, (void *)&to, sizeof to));
  settle();
  ready("listener", l);
  ready("client", c);
  name("client", c, 0);
  name("client's peer", c, 1);
  n = sizeof peer;
  int s = accept4(l, (void *)&peer, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
  show("accept", s >= 0 ? 0 : s);
  printf("peer %s, right port %d, length %d\n", inet_ntoa(peer.sin_addr), peer.sin_port == me(c).sin_port, n);
  printf("flags %x %x\n", fcntl(s, F_GETFL) & O_NONBLOCK, fcntl(s, F_GETFD));
  ready("listener", l);
  show("connect again", connect(c, (void *)&to, sizeof to));
  show("listen on connected", listen(c, 1));
  show("bind connected", bind(c, (void *)&any, sizeof any));
  show("recv nothing", recv(s, b, 1, 0));
  show("send", send(c, "hello, world", 12, 0));
  settle();
  ready("server", s);
  printf("FIONREAD %d, unsent %d\n", queued(s, FIONREAD), queued(c, TIOCOUTQ));
  show("peek", recv(s, b, 5, MSG_PEEK));
  show("recv", recv(s, b, 5, 0));
  printf("%.5s, %d left\n", b, queued(s, FIONREAD));
  show("sendto with address", sendto(c, "!", 1, 0, (void *)&to, sizeof to));
  settle();
  show("MSG_TRUNC discards", recv(s, b, 3, MSG_TRUNC));
  memset(b, 0, sizeof b);
  struct iovec iov[2] = {{b, 2}, {b + 10, 50}};
  struct msghdr m = {.msg_name = &peer, .msg_namelen = sizeof peer, .msg_iov = iov, .msg_iovlen = 2, .msg_flags = 77};
  show("recvmsg", recvmsg(s, &m, 0));
  printf("%s|%s flags %x namelen %d\n", b, b + 10, m.msg_flags, m.msg_namelen);
  show("writev", writev(s, (struct iovec[]){{"ab", 2}, {"", 0}, {"cde", 3}}, 3));
  show("recv all", recv(c, b, 5, MSG_WAITALL));
  show("bad buffer", send(c, (void *)8, 5, 0));
  show("one good, one bad", writev(c, (struct iovec[]){{"ab", 2}, {(void *)8, 3}}, 2));
  settle();
  show("recv into bad", recv(s, (void *)8, 5, 0));
  show("still there", recv(s, b, 5, 0));
  show("MSG_ERRQUEUE", recv(s, b, 5, MSG_ERRQUEUE));
  show("OOB none", recv(s, b, 1, MSG_OOB));
  show("read of 0", read(s, b, 0));
  show("recv of 0", recv(s, b, 0, 0));
  show("write of 0", write(s, b, 0));

  puts("half closed");
  show("shutdown", shutdown(c, SHUT_WR));
  show("again", shutdown(c, SHUT_WR));
  settle();
  ready("client", c);
  ready("server", s);
  show("send after shutdown", send(c, "x", 1, 0));
  show("server reads the end", recv(s, b, 10, 0));
  show("and again", recv(s, b, 10, 0));
  show("server still sends", send(s, "late", 4, 0));
  show("client reads", recv(c, b, 10, 0));
  printf("%.4s\n", b);
  name("server's peer", s, 1);
  close(s);
  settle();
  ready("client", c);
  show("client reads the end", recv(c, b, 10, 0));
  name("client's peer", c, 1);
  show("shutdown at the end", shutdown(c, SHUT_RDWR));
  close(c);

  puts("closed by the peer, then written to");
  c = socket(AF_INET, SOCK_STREAM, 0);
  connect(c, (void *)&to, sizeof to);
  s = accept(l, 0, 0);
  close(s);
  settle();
  ready("client", c);
  show("first write", write(c, "x", 1));
  settle();
  ready("client", c);
  printf("SO_ERROR %s\n", strerror(error_of(c)));
  show("second write", write(c, "x", 1));
  show("read", read(c, b, 1));
  close(c);

  puts("closed with unread data");
  c = socket(AF_INET, SOCK_STREAM, 0);
  connect(c, (void *)&to, sizeof to);
  s = accept(l, 0, 0);
  write(c, "unread", 6);
  settle();
  close(s);
  settle();
  ready("client", c);
  show("read", read(c, b, 1));
  show("read", read(c, b, 1));
  show("write", write(c, "x", 1));
  name("local", c, 0);
  close(c);

  puts("linger 0");
  c = socket(AF_INET, SOCK_STREAM, 0);
  connect(c, (void *)&to, sizeof to);
  s = accept(l, 0, 0);
  struct linger li = {1, 0};
  setsockopt(c, SOL_SOCKET, SO_LINGER, &li, sizeof li);
  write(c, "lost?", 5);
  close(c);
  settle();
  ready("server", s);
  show("read", read(s, b, 10));
  show("read", read(s, b, 10));
  close(s);

  puts("refused");
  int g = socket(AF_INET, SOCK_STREAM, 0);
  bind(g, (void *)&any, sizeof any);
  struct sockaddr_in gone = me(g);
  close(g);
  c = socket(AF_INET, SOCK_STREAM, 0);
  show("connect", connect(c, (void *)&gone, sizeof gone));
  show("connect again", connect(c, (void *)&to, sizeof to));
  s = accept(l, 0, 0);
  show("accepted", s >= 0 ? 0 : -1);
  close(s);
  close(c);

  puts("non-blocking");
  c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  show("connect", connect(c, (void *)&gone, sizeof gone));
  settle();
  ready("refused", c);
  printf("SO_ERROR %s\n", strerror(error_of(c)));
  printf("SO_ERROR %s\n", strerror(error_of(c)));
  ready("after", c);
  show("connect after", connect(c, (void *)&to, sizeof to));
  settle();
  ready("connected", c);
  printf("SO_ERROR %s\n", strerror(error_of(c)));
  show("connect says yes", connect(c, (void *)&to, sizeof to));
  show("connect once more", connect(c, (void *)&to, sizeof to));
  show("listener non-blocking", fcntl(l, F_SETFL, O_NONBLOCK));
  s = accept(l, 0, 0);
  show("accept", s >= 0 ? 0 : s);
  show("accept", accept(l, 0, 0));
  struct sockaddr un = {AF_UNSPEC};
  show("connect to nobody", connect(c, &un, sizeof un));
  settle();
  ready("peer of it", s);
  show("read", read(s, b, 1));
  name("after", c, 0);
  name("after", c, 1);
  show("and connect", connect(c, (void *)&to, sizeof to));
  close(s);
  close(c);
  close(l);
  show("closed listener", connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&to, sizeof to));

  puts("listener closed with a connection in its queue");
  l = socket(AF_INET, SOCK_STREAM, 0);
  bind(l, (void *)&any, sizeof any);
  listen(l, 5);
  to = me(l);
  c = socket(AF_INET, SOCK_STREAM, 0);
  show("connect", connect(c, (void *)&to, sizeof to));
  settle();
  close(l);
  settle();
  ready("client", c);
  show("read", read(c, b, 1));

  puts("addresses");
  struct sockaddr_in w = to;
  w.sin_family = AF_UNIX;
  show("family", connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&w, sizeof w));
  show("short", connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&to, 8));
  show("accept4 flags", accept4(l, 0, 0, 4));
  w = to;
  w.sin_addr.s_addr = inet_addr("127.255.255.255");
  show("broadcast", connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&w, sizeof w));
  w.sin_addr.s_addr = inet_addr("224.0.0.1");
  show("multicast", connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&w, sizeof w));
  show("protocol", socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  show("type", socket(AF_INET, SOCK_SEQPACKET, 0));
  show("protocol number", socket(AF_INET, SOCK_STREAM, 300));
  show("type number", socket(AF_INET, 9, 0));
  show("socketpair", socketpair(AF_INET, SOCK_STREAM, 0, (int *)b));
  return 0;
}
