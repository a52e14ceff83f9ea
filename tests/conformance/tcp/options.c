// Options of IPPROTO_TCP: defaults, limits, what the other end sees of them.
#include "../inet/common.h"
#include <netinet/tcp.h>
static void both(int fd, int name, int v, const char *what) {
  int before = get(fd, IPPROTO_TCP, name);
  int r = set(fd, IPPROTO_TCP, name, v);
  int e = r < 0 ? errno : 0;
  printf("%s: was %d, set %d: %s, is %d\n", what, before, v, e ? strerror(e) : "ok", get(fd, IPPROTO_TCP, name));
}
static void arrived(int fd, const char *what) {
  char b[100];
  settle();
  long r = recv(fd, b, sizeof b, MSG_DONTWAIT);
  printf("%s: %.*s\n", what, r > 0 ? (int)r : 4, r > 0 ? b : "none");
}
int main(void) {
  int f = socket(AF_INET, SOCK_STREAM, 0);
  both(f, TCP_NODELAY, 1, "TCP_NODELAY");
  both(f, TCP_NODELAY, -5, "TCP_NODELAY");
  both(f, TCP_NODELAY, 0, "TCP_NODELAY");
  both(f, TCP_MAXSEG, 40, "TCP_MAXSEG");
  both(f, TCP_MAXSEG, 1000, "TCP_MAXSEG");
  both(f, TCP_MAXSEG, 32768, "TCP_MAXSEG");
  both(f, TCP_MAXSEG, 0, "TCP_MAXSEG");
  both(f, TCP_CORK, 1, "TCP_CORK");
  both(f, TCP_KEEPIDLE, 0, "TCP_KEEPIDLE");
  both(f, TCP_KEEPIDLE, 32768, "TCP_KEEPIDLE");
  both(f, TCP_KEEPIDLE, 11, "TCP_KEEPIDLE");
  both(f, TCP_KEEPINTVL, 5, "TCP_KEEPINTVL");
  both(f, TCP_KEEPCNT, 128, "TCP_KEEPCNT");
  both(f, TCP_KEEPCNT, 3, "TCP_KEEPCNT");
  both(f, TCP_SYNCNT, 0, "TCP_SYNCNT");
  both(f, TCP_SYNCNT, 2, "TCP_SYNCNT");
  both(f, TCP_LINGER2, 5, "TCP_LINGER2");
  both(f, TCP_LINGER2, -1, "TCP_LINGER2");
  both(f, TCP_LINGER2, 1000, "TCP_LINGER2");
  both(f, TCP_DEFER_ACCEPT, 10, "TCP_DEFER_ACCEPT");
  both(f, TCP_QUICKACK, 0, "TCP_QUICKACK");
  both(f, TCP_QUICKACK, 1, "TCP_QUICKACK");
  both(f, TCP_USER_TIMEOUT, 2500, "TCP_USER_TIMEOUT");
  both(f, TCP_USER_TIMEOUT, -1, "TCP_USER_TIMEOUT");
  both(f, TCP_WINDOW_CLAMP, 5000, "TCP_WINDOW_CLAMP");
  both(f, TCP_NOTSENT_LOWAT, 1000, "TCP_NOTSENT_LOWAT");
  both(f, TCP_THIN_DUPACK, 1, "TCP_THIN_DUPACK");
  both(f, TCP_FASTOPEN_CONNECT, 2, "TCP_FASTOPEN_CONNECT");
  both(f, TCP_INQ, 1, "TCP_INQ");
  both(f, 99, 1, "99");
  char name[32];
  socklen_t n = sizeof name;
  show("TCP_CONGESTION unknown", setsockopt(f, IPPROTO_TCP, TCP_CONGESTION, "nosuch", 6));
  show("TCP_CONGESTION", getsockopt(f, IPPROTO_TCP, TCP_CONGESTION, name, &n));
  show("it can be set", setsockopt(f, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name)));
  show("short", setsockopt(f, IPPROTO_TCP, TCP_NODELAY, name, 1));
  n = 2;
  show("short get", getsockopt(f, IPPROTO_TCP, TCP_NODELAY, name, &n));
  printf("%d\n", n);
  n = sizeof name;
  show("fault", getsockopt(f, IPPROTO_TCP, TCP_NODELAY, (void *)8, &n));

  puts("what listeners hand on");
  int l = listener(5);
  set(l, IPPROTO_TCP, TCP_NODELAY, 1);
  set(l, IPPROTO_TCP, TCP_KEEPIDLE, 77);
  set(l, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(l, SOL_SOCKET, SO_RCVLOWAT, 9);
  set(l, SOL_SOCKET, SO_PRIORITY, 3);
  set(l, SOL_IP, IP_TTL, 9);
  struct linger li = {1, 3};
  setsockopt(l, SOL_SOCKET, SO_LINGER, &li, sizeof li);
  struct sockaddr_in a = v4("127.0.0.1", port_of(l));
  int c = socket(AF_INET, SOCK_STREAM, 0);
  connect(c, (void *)&a, sizeof a);
  int s = accept(l, 0, 0);
  printf("%d %d %d %d %d %d\n", get(s, IPPROTO_TCP, TCP_NODELAY), get(s, IPPROTO_TCP, TCP_KEEPIDLE), get(s, SOL_SOCKET, SO_KEEPALIVE), get(s, SOL_SOCKET, SO_RCVLOWAT), get(s, SOL_SOCKET, SO_PRIORITY), get(s, SOL_IP, IP_TTL));
  n = sizeof li;
  getsockopt(s, SOL_SOCKET, SO_LINGER, &li, &n);
  printf("linger %d %d\n", li.l_onoff, li.l_linger);

  puts("cork and Nagle");
  int p[2];
  pair(p);
  set(p[0], IPPROTO_TCP, TCP_CORK, 1);
  write(p[0], "one ", 4);
  arrived(p[1], "corked");
  write(p[0], "two", 3);
  set(p[0], IPPROTO_TCP, TCP_CORK, 0);
  arrived(p[1], "uncorked");
  send(p[0], "three ", 6, MSG_MORE);
  arrived(p[1], "more");
  send(p[0], "four", 4, 0);
  arrived(p[1], "no more");
  send(p[0], "five", 4, MSG_MORE);
  set(p[0], IPPROTO_TCP, TCP_NODELAY, 1);
  arrived(p[1], "nodelay pushes");
  send(p[0], "six", 3, MSG_MORE);
  shutdown(p[0], SHUT_WR);
  arrived(p[1], "so does the end");

  puts("a small segment size");
  l = listener(5);
  set(l, IPPROTO_TCP, TCP_MAXSEG, 500);
  a = v4("127.0.0.1", port_of(l));
  c = socket(AF_INET, SOCK_STREAM, 0);
  connect(c, (void *)&a, sizeof a);
  s = accept(l, 0, 0);
  printf("%d %d\n", get(c, IPPROTO_TCP, TCP_MAXSEG), get(s, IPPROTO_TCP, TCP_MAXSEG));
  static char big[100000], in[100000];
  for (int i = 0; i < 100000; i++) big[i] = i * 7 + i / 256;
  write(c, big, sizeof big);
  long got = 0, r;
  while (got < sizeof in && (r = read(s, in + got, sizeof in - got)) > 0) got += r;
  printf("%ld %d\n", got, memcmp(big, in, sizeof in));
  set(s, IPPROTO_TCP, TCP_INQ, 1);
  write(c, "abcdef", 6);
  settle();
  char control[64];
  struct iovec iov = {in, 2};
  struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  show("recvmsg", recvmsg(s, &m, 0));
  struct cmsghdr *h = CMSG_FIRSTHDR(&m);
  printf("in queue: level %d type %d %d\n", h ? h->cmsg_level : 0, h ? h->cmsg_type : 0, h ? *(int *)CMSG_DATA(h) : 0);

  puts("keepalive finds a dead peer no more than it has to");
  pair(p);
  set(p[0], SOL_SOCKET, SO_KEEPALIVE, 1);
  set(p[0], IPPROTO_TCP, TCP_KEEPIDLE, 1);
  set(p[0], IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set(p[0], IPPROTO_TCP, TCP_KEEPCNT, 1);
  struct pollfd pf = {p[0], POLLIN, 0};
  printf("alive after 2 s: %d\n", poll(&pf, 1, 2200) == 0);
  return 0;
}
