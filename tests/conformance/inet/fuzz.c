// Addresses of all lengths and families, and options of all lengths: the same errors as natively.
#include "common.h"
#include <linux/tcp.h>
static unsigned x = 12345;
static unsigned rnd(unsigned n) { return x = x * 1664525 + 1013904223, (x >> 8) % n; }
static const char *what(long r) { return r >= 0 ? "ok" : strerrorname_np(errno); }
static int address(unsigned char *b) {
  static const int families[] = {AF_UNSPEC, AF_UNIX, AF_INET, AF_INET, AF_INET, AF_INET6, AF_INET6, AF_NETLINK, 77};
  memset(b, 0, 128);
  int f = families[rnd(9)];
  struct sockaddr_in *a = (void *)b;
  struct sockaddr_in6 *a6 = (void *)b;
  a->sin_family = f;
  int port = rnd(3) ? 0 : 1;
  if (f == AF_INET6) {
    a6->sin6_port = htons(port);
    switch (rnd(5)) {
      case 0: a6->sin6_addr.s6_addr[15] = 1; break;
      case 1: break;
      case 2: a6->sin6_addr.s6_addr[10] = a6->sin6_addr.s6_addr[11] = 0xff, a6->sin6_addr.s6_addr[12] = 127, a6->sin6_addr.s6_addr[15] = 1; break;
      case 3: inet_pton(AF_INET6, "ff02::1", &a6->sin6_addr); break;
      case 4: inet_pton(AF_INET6, "2001:db8::1", &a6->sin6_addr); break;
    }
  } else {
    static const char *ips[] = {"127.0.0.1", "127.0.0.1", "0.0.0.0", "127.9.9.9", "127.255.255.255"};
    a->sin_port = htons(port);
    inet_aton(ips[rnd(5)], &a->sin_addr);
  }
  static const int lengths[] = {0, 1, 2, 3, 7, 8, 15, 16, 16, 16, 20, 23, 24, 27, 28, 28, 28, 29, 110, 128, 129, -1, 1 << 20};
  return lengths[rnd(sizeof lengths / sizeof *lengths)];
}
int main(void) {
  unsigned char b[128];
  signal(SIGPIPE, SIG_IGN);
  for (int i = 0; i < 1500; i++) {
    int family = rnd(2) ? AF_INET : AF_INET6, type = rnd(2) ? SOCK_STREAM : SOCK_DGRAM;
    int s = socket(family, type | SOCK_NONBLOCK, 0);
    printf("%s %s:", family == AF_INET ? "v4" : "v6", type == SOCK_STREAM ? "tcp" : "udp");
    for (int n = rnd(3) + 1; n > 0; n--) {
      int length = address(b), family = b[0];
      // Nothing goes to the world outside, whatever the host's routes.
      int outside = family == AF_INET6 && (b[8] == 0x20 || b[8] == 0xff);
      switch (rnd(outside ? 1 : 4)) {
        case 0: printf(" bind %d,%d %s", family, length, what(bind(s, (void *)b, length))); break;
        case 1: printf(" connect %d,%d %s", family, length, what(connect(s, (void *)b, length))); break;
        case 2: printf(" sendto %d,%d %s", family, length, what(sendto(s, b, rnd(20), 0, (void *)b, length))); break;
        case 3: {
          socklen_t room = rnd(40);
          unsigned char o[64];
          long r = rnd(2) ? getsockname(s, (void *)o, &room) : getpeername(s, (void *)o, &room);
          printf(" name %s %d", what(r), r < 0 ? 0 : (int)room);
        }
      }
    }
    puts("");
    close(s);
  }
  puts("options");
  static const struct { int level, name; } options[] = {
      {SOL_SOCKET, SO_REUSEADDR}, {SOL_SOCKET, SO_LINGER}, {SOL_SOCKET, SO_RCVTIMEO}, {SOL_SOCKET, SO_BINDTODEVICE}, {SOL_SOCKET, SO_TIMESTAMP}, {SOL_SOCKET, SO_PEEK_OFF}, {SOL_SOCKET, SO_ZEROCOPY},
      {SOL_IP, IP_TOS}, {SOL_IP, IP_TTL}, {SOL_IP, IP_PKTINFO}, {SOL_IP, IP_MTU_DISCOVER}, {SOL_IP, IP_RECVERR}, {SOL_IP, IP_MULTICAST_TTL}, {SOL_IP, IP_MULTICAST_LOOP}, {SOL_IP, IP_FREEBIND}, {SOL_IP, IP_MINTTL}, {SOL_IP, IP_ADD_MEMBERSHIP}, {SOL_IP, IP_HDRINCL},
      {IPPROTO_TCP, TCP_NODELAY}, {IPPROTO_TCP, TCP_MAXSEG}, {IPPROTO_TCP, TCP_KEEPIDLE}, {IPPROTO_TCP, TCP_KEEPCNT}, {IPPROTO_TCP, TCP_SYNCNT}, {IPPROTO_TCP, TCP_LINGER2}, {IPPROTO_TCP, TCP_DEFER_ACCEPT}, {IPPROTO_TCP, TCP_USER_TIMEOUT}, {IPPROTO_TCP, TCP_QUICKACK},
      {IPPROTO_IPV6, IPV6_V6ONLY}, {IPPROTO_IPV6, IPV6_UNICAST_HOPS}, {IPPROTO_IPV6, IPV6_MULTICAST_HOPS}, {IPPROTO_IPV6, IPV6_TCLASS}, {IPPROTO_IPV6, IPV6_RECVPKTINFO}, {IPPROTO_IPV6, IPV6_RECVERR}, {IPPROTO_UDP, 1}, {IPPROTO_UDP, 103},
  };
  static const int values[] = {0, 1, 1, 2, 3, 5, 64, 100, 255, 256, 300, 1000, 40000, -1, -2, 0x7fffffff};
  static const int lengths[] = {0, 1, 2, 3, 4, 4, 4, 4, 5, 8, 12, 16, 20, -1};
  for (int i = 0; i < 2500; i++) {
    int family = rnd(2) ? AF_INET : AF_INET6, type = rnd(2) ? SOCK_STREAM : SOCK_DGRAM;
    int s = socket(family, type, 0), k = rnd(sizeof options / sizeof *options), v[8] = {0};
    v[0] = values[rnd(16)];
    v[1] = values[rnd(4)];
    int n = lengths[rnd(14)];
    printf("%s %s %d %d len %d value %d: %s", family == AF_INET ? "v4" : "v6", type == SOCK_STREAM ? "tcp" : "udp", options[k].level, options[k].name, n, v[0], what(setsockopt(s, options[k].level, options[k].name, v, n)));
    socklen_t room = rnd(20);
    int o[8] = {0};
    long r = getsockopt(s, options[k].level, options[k].name, o, &room);
    printf(" get %s %d %d\n", what(r), r < 0 ? 0 : (int)room, r < 0 ? 0 : o[0]);
    close(s);
  }
  return 0;
}
