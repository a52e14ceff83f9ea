// Raw sockets and what ICMP answers (as root).
#include "common.h"
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/icmp6.h>
static unsigned short sum(void *p, int n) {
  unsigned s = 0;
  for (unsigned short *w = p; n > 1; n -= 2) s += *w++;
  while (s >> 16) s = (s & 0xffff) + (s >> 16);
  return ~s;
}
static void dump(const char *what, int fd) {
  unsigned char b[200];
  struct sockaddr_in from = {0};
  socklen_t n = sizeof from;
  struct timeval tv = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  long r = recvfrom(fd, b, sizeof b, 0, (void *)&from, &n);
  show(what, r);
  if (r < 20) return;
  struct iphdr *ip = (void *)b;
  printf(" v%d ihl %d len %d ttl %d proto %d sum ok %d from %s", ip->version, ip->ihl, ntohs(ip->tot_len), ip->ttl, ip->protocol, sum(ip, ip->ihl * 4) == 0, inet_ntoa(from.sin_addr));
  printf(" payload");
  for (int i = ip->ihl * 4; i < r && i < ip->ihl * 4 + 16; i++) printf(i == 22 || i == 23 || i == 32 || i == 33 ? " .." : " %02x", b[i]);
  puts("");
}
int main(void) {
  int r = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  if (r < 0) return show("socket", r), 0;
  struct sockaddr_in lo = v4("127.0.0.1", 0);
  struct { struct icmphdr h; char data[8]; } echo = {{ICMP_ECHO}, "payload"};
  echo.h.un.echo.id = htons(77);
  echo.h.un.echo.sequence = htons(1);
  echo.h.checksum = sum(&echo, sizeof echo);
  show("echo", sendto(r, &echo, sizeof echo, 0, (void *)&lo, sizeof lo));
  dump("the request itself", r);
  dump("the reply", r);
  unsigned filter = ~(1u << ICMP_ECHOREPLY);
  show("ICMP_FILTER", setsockopt(r, SOL_RAW, 1, &filter, sizeof filter));
  show("echo", sendto(r, &echo, sizeof echo, 0, (void *)&lo, sizeof lo));
  dump("only the reply", r);

  puts("a protocol nobody knows");
  int p = socket(AF_INET, SOCK_RAW, 253), q = socket(AF_INET, SOCK_RAW, 253);
  show("send", sendto(p, "abc", 3, 0, (void *)&lo, sizeof lo));
  dump("to one", p);
  dump("to the other", q);
  show("with a port", connect(p, (void *)&lo, sizeof lo));
  show("send", send(p, "de", 2, 0));
  dump("connected", p);

  puts("own header");
  int h = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  struct { struct iphdr ip; char data[4]; } own = {{.version = 4, .ihl = 5, .ttl = 9, .protocol = 253}, "own"};
  own.ip.daddr = lo.sin_addr.s_addr;
  show("send", sendto(h, &own, sizeof own, 0, (void *)&lo, sizeof lo));
  dump("received", q);
  dump("received", q);
  printf("HDRINCL %d %d\n", get(h, SOL_IP, IP_HDRINCL), get(p, SOL_IP, IP_HDRINCL));
  show("too short", sendto(h, &own, 10, 0, (void *)&lo, sizeof lo));
  show("recv", recv(h, &own, 4, MSG_DONTWAIT));

  puts("errors of a datagram socket, seen raw");
  int u = socket(AF_INET, SOCK_DGRAM, 0);
  filter = ~(1u << ICMP_DEST_UNREACH);
  setsockopt(r, SOL_RAW, 1, &filter, sizeof filter);
  struct sockaddr_in nobody = v4("127.0.0.1", 1);
  sendto(u, "x", 1, 0, (void *)&nobody, sizeof nobody);
  dump("unreachable", r);
  close(p), close(q);
  p = socket(AF_INET, SOCK_RAW, 252);
  close(socket(AF_INET, SOCK_RAW, 254));

  puts("IPv6");
  int r6 = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
  struct sockaddr_in6 lo6 = v6("::1", 0), from;
  struct { struct icmp6_hdr h; char data[8]; } e6 = {{ICMP6_ECHO_REQUEST}, "payload"};
  e6.h.icmp6_id = htons(5);
  show("echo", sendto(r6, &e6, sizeof e6, 0, (void *)&lo6, sizeof lo6));
  for (int i = 0; i < 2; i++) {
    unsigned char b[100];
    socklen_t n = sizeof from;
    long k = recvfrom(r6, b, sizeof b, 0, (void *)&from, &n);
    printf("%ld: type %d id %d %s\n", k, b[0], b[5], b + 8);
  }
  puts("ping sockets are for those in the range");
  show("ping socket", socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) >= 0 ? 0 : -1);
  return 0;
}
