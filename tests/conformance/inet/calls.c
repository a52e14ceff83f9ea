// Calls with addresses, options and control messages of all kinds, for what strace makes of them.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <unistd.h>
#include <netinet/udp.h>
int main(void) {
  int l = socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP);
  struct sockaddr_in a = {AF_INET, 0, {htonl(0x7f000001)}}, p;
  socklen_t n = sizeof p;
  int v = 1;
  setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &v, 4);
  setsockopt(l, SOL_SOCKET, SO_REUSEPORT, &v, 4);
  bind(l, (void *)&a, 16);
  listen(l, 5);
  n = 16;
  getsockname(l, (void *)&a, &n);
  int c = socket(AF_INET, SOCK_STREAM, 0);
  connect(c, (void *)&a, 16);
  int s = accept4(l, (void *)&p, &n, SOCK_NONBLOCK);
  setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &v, 4);
  setsockopt(c, IPPROTO_TCP, TCP_CORK, &v, 4);
  v = 60;
  setsockopt(c, IPPROTO_TCP, TCP_KEEPIDLE, &v, 4);
  setsockopt(c, IPPROTO_TCP, TCP_USER_TIMEOUT, &v, 4);
  setsockopt(c, IPPROTO_IP, IP_TOS, &v, 4);
  n = 4;
  getsockopt(c, IPPROTO_TCP, TCP_MAXSEG, &v, &n);
  getsockopt(c, SOL_IP, IP_TTL, &v, &n);
  getsockopt(c, SOL_SOCKET, SO_ERROR, &v, &n);
  getsockopt(c, SOL_SOCKET, SO_TYPE, &v, &n);
  setsockopt(c, IPPROTO_TCP, TCP_CONGESTION, "nosuch", 6);
  setsockopt(c, SOL_IP, 99, &v, 4);
  setsockopt(c, 6, 99, &v, 4);
  setsockopt(c, 77, 1, &v, 4);
  n = 16;
  getsockname(l, (void *)&p, &n);
  n = 16;
  getpeername(c, (void *)&p, &n);
  sendto(c, "hi", 2, MSG_NOSIGNAL|MSG_MORE, 0, 0);
  char b[10];
  usleep(20000);
  recvfrom(s, b, 10, MSG_DONTWAIT, 0, 0);
  shutdown(c, SHUT_WR);
  int q;
  ioctl(s, FIONREAD, &q);
  ioctl(s, SIOCATMARK, &q);
  ioctl(c, SIOCOUTQ, &q);
  struct linger li = {1, 0};
  setsockopt(c, SOL_SOCKET, SO_LINGER, &li, 8);
  int u = socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
  struct sockaddr_in6 a6 = {AF_INET6, 0};
  a6.sin6_addr.s6_addr[15] = 1;
  v = 1;
  setsockopt(u, IPPROTO_IPV6, IPV6_V6ONLY, &v, 4);
  setsockopt(u, IPPROTO_IPV6, IPV6_RECVPKTINFO, &v, 4);
  setsockopt(u, SOL_UDP, UDP_CORK, &v, 4);
  v = 0;
  setsockopt(u, SOL_UDP, UDP_CORK, &v, 4);
  bind(u, (void *)&a6, sizeof a6);
  n = sizeof a6;
  getsockname(u, (void *)&a6, &n);
  sendto(u, "x", 1, 0, (void *)&a6, sizeof a6);
  struct sockaddr_in6 f;
  struct iovec iov = {b, 10};
  char ctl[100];
  struct msghdr m = {&f, sizeof f, &iov, 1, ctl, sizeof ctl};
  recvmsg(u, &m, 0);
  int u4 = socket(AF_INET, SOCK_DGRAM, 0);
  v = 1;
  setsockopt(u4, SOL_IP, IP_PKTINFO, &v, 4);
  setsockopt(u4, SOL_IP, IP_RECVERR, &v, 4);
  setsockopt(u4, SOL_IP, IP_MTU_DISCOVER, &v, 4);
  setsockopt(u4, SOL_IP, IP_RECVTTL, &v, 4);
  a.sin_port = 0;
  bind(u4, (void *)&a, 16);
  n = 16;
  getsockname(u4, (void *)&a, &n);
  sendto(u4, "x", 1, 0, (void *)&a, 16);
  struct sockaddr_in f4;
  m.msg_name = &f4;
  m.msg_namelen = 16;
  m.msg_controllen = 100;
  recvmsg(u4, &m, 0);
  struct ip_mreq mr = {{inet_addr("239.1.1.1")}, {inet_addr("127.0.0.1")}};
  setsockopt(u4, SOL_IP, IP_ADD_MEMBERSHIP, &mr, sizeof mr);
  struct in_addr ia = {inet_addr("127.0.0.1")};
  setsockopt(u4, SOL_IP, IP_MULTICAST_IF, &ia, 4);
  socket(AF_INET, SOCK_STREAM, 253);
  socket(AF_INET6, SOCK_STREAM, 0);
  socket(AF_NETLINK, SOCK_RAW, 0);
  socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr un = {AF_UNSPEC};
  connect(u4, &un, 16);
  a.sin_port = htons(4660);
  connect(u4, (void *)&a, 4);
  puts("done");
  return 0;
}
