// IPv6 over the loopback device, and sockets that speak both.
#include "common.h"
static void name(const char *what, int fd, int peer) {
  struct sockaddr_in6 a = {0};
  char text[64];
  socklen_t n = sizeof a;
  int r = peer ? getpeername(fd, (void *)&a, &n) : getsockname(fd, (void *)&a, &n);
  if (r < 0) return show(what, r);
  if (a.sin6_family == AF_INET) inet_ntop(AF_INET, &((struct sockaddr_in *)&a)->sin_addr, text, sizeof text);
  else inet_ntop(AF_INET6, &a.sin6_addr, text, sizeof text);
  printf("%s: family %d %s port %s length %d scope %d\n", what, a.sin6_family, text, a.sin6_port ? "set" : "0", n, a.sin6_family == AF_INET ? 0 : a.sin6_scope_id);
}
static void talk(const char *what, int l, void *to, socklen_t n, int family) {
  char b[10] = "";
  int c = socket(family, SOCK_STREAM, 0);
  printf("%s: ", what);
  if (connect(c, to, n) < 0) {
    printf("connect %s\n", strerror(errno));
    close(c);
    return;
  }
  struct sockaddr_in6 from;
  char text[64];
  socklen_t fn = sizeof from;
  int s = accept(l, (void *)&from, &fn);
  if (from.sin6_family == AF_INET) inet_ntop(AF_INET, &((struct sockaddr_in *)&from)->sin_addr, text, sizeof text);
  else inet_ntop(AF_INET6, &from.sin6_addr, text, sizeof text);
  write(c, "hello", 5);
  long r = read(s, b, 10);
  printf("from %s: %ld %s\n", text, r, b);
  name(" client", c, 0);
  name(" client's peer", c, 1);
  name(" server", s, 0);
  close(c);
  close(s);
}
int main(void) {
  int l = socket(AF_INET6, SOCK_STREAM, 0);
  struct sockaddr_in6 any = v6("::", 0), one = v6("::1", 0);
  printf("V6ONLY %d\n", get(l, IPPROTO_IPV6, IPV6_V6ONLY));
  show("bind", bind(l, (void *)&any, sizeof any));
  show("V6ONLY after bind", set(l, IPPROTO_IPV6, IPV6_V6ONLY, 1));
  listen(l, 5);
  name("listener", l, 0);
  int port = port_of(l);
  struct sockaddr_in to4 = v4("127.0.0.1", port);
  struct sockaddr_in6 to6 = v6("::1", port), mapped = v6("::ffff:127.0.0.1", port), zero = v6("::", port);
  talk("v4", l, &to4, sizeof to4, AF_INET);
  talk("v6", l, &to6, sizeof to6, AF_INET6);
  talk("mapped", l, &mapped, sizeof mapped, AF_INET6);
  talk("any", l, &zero, sizeof zero, AF_INET6);
  int b4 = socket(AF_INET, SOCK_STREAM, 0);
  show("v4 bind to the same port", bind(b4, (void *)&to4, sizeof to4));
  close(l);

  puts("IPv6 only");
  l = socket(AF_INET6, SOCK_STREAM, 0);
  show("V6ONLY", set(l, IPPROTO_IPV6, IPV6_V6ONLY, 1));
  any.sin6_port = 0;
  bind(l, (void *)&any, sizeof any);
  listen(l, 5);
  port = port_of(l);
  to4.sin_port = to6.sin6_port = mapped.sin6_port = htons(port);
  talk("v4", l, &to4, sizeof to4, AF_INET);
  talk("v6", l, &to6, sizeof to6, AF_INET6);
  talk("mapped", l, &mapped, sizeof mapped, AF_INET6);
  b4 = socket(AF_INET, SOCK_STREAM, 0);
  show("v4 may have the port", bind(b4, (void *)&to4, sizeof to4));
  close(b4), close(l);

  puts("bound to ::1, to a mapped address");
  l = socket(AF_INET6, SOCK_STREAM, 0);
  bind(l, (void *)&one, sizeof one);
  listen(l, 5);
  to4.sin_port = to6.sin6_port = htons(port_of(l));
  talk("v4", l, &to4, sizeof to4, AF_INET);
  talk("v6", l, &to6, sizeof to6, AF_INET6);
  close(l);
  l = socket(AF_INET6, SOCK_STREAM, 0);
  mapped.sin6_port = 0;
  show("bind", bind(l, (void *)&mapped, sizeof mapped));
  listen(l, 5);
  to4.sin_port = to6.sin6_port = mapped.sin6_port = htons(port_of(l));
  talk("v4", l, &to4, sizeof to4, AF_INET);
  talk("v6", l, &to6, sizeof to6, AF_INET6);
  talk("mapped", l, &mapped, sizeof mapped, AF_INET6);
  close(l);

  puts("addresses");
  int s = socket(AF_INET6, SOCK_STREAM, 0);
  struct sockaddr_in6 foreign = v6("2001:db8::1", 0), multi = v6("ff02::1", 0);
  show("foreign", bind(s, (void *)&foreign, sizeof foreign));
  show("multicast", bind(s, (void *)&multi, sizeof multi));
  show("v4 address", bind(s, (void *)&to4, sizeof to4));
  show("short", bind(s, (void *)&any, 20));
  show("24 bytes", bind(s, (void *)&one, 24));
  name("bound", s, 0);

  puts("IPV6_ADDRFORM");
  l = socket(AF_INET6, SOCK_STREAM, 0);
  any.sin6_port = 0;
  bind(l, (void *)&any, sizeof any);
  listen(l, 5);
  to4.sin_port = to6.sin6_port = htons(port_of(l));
  int c = socket(AF_INET, SOCK_STREAM, 0);
  connect(c, (void *)&to4, sizeof to4);
  s = accept(l, 0, 0);
  show("listener", set(l, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET));
  show("to AF_INET6", set(s, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET6));
  show("to AF_INET", set(s, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET));
  show("again", set(s, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET));
  name("now", s, 0);
  name("peer", s, 1);
  write(c, "still", 5);
  char still[10];
  show("read", read(s, still, 10));
  int c7 = socket(AF_INET6, SOCK_STREAM, 0);
  connect(c7, (void *)&to6, sizeof to6);
  show("of IPv6", set(c7, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET));

  puts("UDP");
  int u = socket(AF_INET6, SOCK_DGRAM, 0), c4 = socket(AF_INET, SOCK_DGRAM, 0), c6 = socket(AF_INET6, SOCK_DGRAM, 0);
  any.sin6_port = 0;
  bind(u, (void *)&any, sizeof any);
  show("RECVPKTINFO", set(u, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
  show("RECVHOPLIMIT", set(u, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1));
  show("RECVTCLASS", set(u, IPPROTO_IPV6, IPV6_RECVTCLASS, 1));
  show("TCLASS", set(c6, IPPROTO_IPV6, IPV6_TCLASS, 0x20));
  show("hops", set(c6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 7));
  to4.sin_port = to6.sin6_port = mapped.sin6_port = htons(port_of(u));
  show("v4", sendto(c4, "four", 4, 0, (void *)&to4, sizeof to4));
  show("v6", sendto(c6, "six", 3, 0, (void *)&to6, sizeof to6));
  show("mapped", sendto(c6, "mapped", 6, 0, (void *)&mapped, sizeof mapped));
  show("v4 address on a v6 socket", sendto(c6, "foursix", 7, 0, (void *)&to4, sizeof to4));
  for (int i = 0; i < 4; i++) {
    char b[100] = "", control[256], text[64];
    struct sockaddr_in6 from;
    struct iovec iov = {b, sizeof b};
    struct msghdr m = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    show("recvmsg", recvmsg(u, &m, 0));
    printf(" %s from %s\n", b, inet_ntop(AF_INET6, &from.sin6_addr, text, sizeof text));
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
      if (c->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo *p = (void *)CMSG_DATA(c);
        printf(" to %s by %d\n", inet_ntop(AF_INET6, &p->ipi6_addr, text, sizeof text), p->ipi6_ifindex);
      } else printf(" type %d: %d\n", c->cmsg_type, *(int *)CMSG_DATA(c));
    }
  }
  show("connect v6", connect(c6, (void *)&to6, sizeof to6));
  name("connected", c6, 0);
  show("connect mapped", connect(c6, (void *)&mapped, sizeof mapped));
  name("connected", c6, 0);
  name("peer", c6, 1);
  close(u);
  int gone = socket(AF_INET6, SOCK_DGRAM, 0);
  show("connect", connect(gone, (void *)&to6, sizeof to6));
  show("send to nobody", send(gone, "x", 1, 0));
  show("refused", send(gone, "x", 1, 0));
  show("TCP refused", connect(socket(AF_INET6, SOCK_STREAM, 0), (void *)&to6, sizeof to6));
  return 0;
}
