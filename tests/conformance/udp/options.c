// Control messages and the error queue of UDP.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
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
static void set(int fd, int level, int name, int v, const char *what) { show(what, setsockopt(fd, level, name, &v, sizeof v)); }
static void get(int fd, int level, int name, const char *what) {
  int v = -7;
  socklen_t n = sizeof v;
  int r = getsockopt(fd, level, name, &v, &n);
  printf("%s: %d value %d length %d %s\n", what, r, v, n, r ? strerror(errno) : "");
}
static void receive(int fd, int flags) {
  char buf[100] = "", control[512];
  struct sockaddr_in from = {0};
  struct iovec iov = {buf, sizeof buf};
  struct msghdr m = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  long r = recvmsg(fd, &m, flags);
  show("recvmsg", r);
  if (r < 0) return;
  printf(" \"%.*s\" flags %x namelen %d from %s controllen %zu\n", (int)r, buf, m.msg_flags, m.msg_namelen, inet_ntoa(from.sin_addr), m.msg_controllen);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    printf(" level %d type %d length %zu:", c->cmsg_level, c->cmsg_type, c->cmsg_len);
    if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo *p = (void *)CMSG_DATA(c);
      printf(" if %d spec %s", p->ipi_ifindex, inet_ntoa(p->ipi_spec_dst));
      printf(" addr %s\n", inet_ntoa(p->ipi_addr));
    } else if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) {
      struct sock_extended_err *e = (void *)CMSG_DATA(c);
      struct sockaddr_in *o = (void *)SO_EE_OFFENDER(e);
      printf(" errno %d origin %d type %d code %d info %d offender %d %s\n", e->ee_errno, e->ee_origin, e->ee_type, e->ee_code, e->ee_info, o->sin_family, inet_ntoa(o->sin_addr));
    } else if (c->cmsg_level == SOL_SOCKET && (c->cmsg_type == SO_TIMESTAMP || c->cmsg_type == SO_TIMESTAMPNS)) {
      struct timeval now, *t = (void *)CMSG_DATA(c);
      gettimeofday(&now, 0);
      printf(" recent %d\n", now.tv_sec - t->tv_sec < 5);
    } else if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_TOS)
      printf(" %d\n", *CMSG_DATA(c));
    else if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_ORIGDSTADDR) {
      struct sockaddr_in *o = (void *)CMSG_DATA(c);
      printf(" %s port %s\n", inet_ntoa(o->sin_addr), o->sin_port ? "set" : "0");
    } else
      printf(" %d\n", *(int *)CMSG_DATA(c));
  }
}
static void send_with(int fd, struct sockaddr_in *to, int level, int type, const void *data, size_t n, const char *what) {
  char control[CMSG_SPACE(64)] = {0};
  struct iovec iov = {"ctl", 3};
  struct msghdr m = {.msg_name = to, .msg_namelen = sizeof *to, .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(n)};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(n);
  memcpy(CMSG_DATA(c), data, n);
  show(what, sendmsg(fd, &m, 0));
}

int main(void) {
  struct sockaddr_in any = at("0.0.0.0", 0);
  int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
  bind(a, (void *)&any, sizeof any);
  struct sockaddr_in to = at("127.0.0.1", port_of(a)), to2 = at("127.0.0.2", port_of(a));
  set(a, SOL_IP, IP_PKTINFO, 1, "IP_PKTINFO");
  set(a, SOL_IP, IP_RECVTTL, 1, "IP_RECVTTL");
  set(a, SOL_IP, IP_RECVTOS, 1, "IP_RECVTOS");
  set(a, SOL_IP, IP_RECVORIGDSTADDR, 1, "IP_RECVORIGDSTADDR");
  set(a, SOL_SOCKET, SO_TIMESTAMP, 1, "SO_TIMESTAMP");
  get(a, SOL_IP, IP_PKTINFO, "IP_PKTINFO");
  sendto(b, "first", 5, 0, (void *)&to, sizeof to);
  receive(a, 0);
  set(a, SOL_SOCKET, SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS");
  get(a, SOL_SOCKET, SO_TIMESTAMP, "SO_TIMESTAMP");
  set(b, SOL_IP, IP_TTL, 7, "IP_TTL");
  set(b, SOL_IP, IP_TOS, 0x10, "IP_TOS");
  sendto(b, "second", 6, 0, (void *)&to2, sizeof to2);
  receive(a, 0);
  set(a, SOL_SOCKET, SO_TIMESTAMPNS, 0, "SO_TIMESTAMPNS");
  set(a, SOL_IP, IP_RECVORIGDSTADDR, 0, "IP_RECVORIGDSTADDR");
  int v = 33;
  send_with(b, &to, SOL_IP, IP_TTL, &v, sizeof v, "ttl cmsg");
  receive(a, 0);
  v = 0x28;
  send_with(b, &to, SOL_IP, IP_TOS, &v, sizeof v, "tos cmsg");
  receive(a, 0);
  struct in_pktinfo p = {.ipi_spec_dst.s_addr = inet_addr("127.0.0.9")};
  send_with(b, &to, SOL_IP, IP_PKTINFO, &p, sizeof p, "pktinfo cmsg");
  receive(a, 0);
  v = 300;
  send_with(b, &to, SOL_IP, IP_TTL, &v, sizeof v, "bad ttl");
  send_with(b, &to, SOL_IP, 99, &v, sizeof v, "unknown");
  send_with(b, &to, SOL_SOCKET, SCM_RIGHTS, &v, sizeof v, "rights are passed over");
  receive(a, 0);
  send_with(b, &to, SOL_SOCKET, 99, &v, sizeof v, "unknown of the socket level");

  puts("limits");
  set(b, SOL_IP, IP_TTL, 0, "ttl 0");
  set(b, SOL_IP, IP_TTL, 256, "ttl 256");
  set(b, SOL_IP, IP_TTL, -1, "ttl -1");
  get(b, SOL_IP, IP_TTL, "ttl");
  set(b, SOL_IP, IP_MTU_DISCOVER, 9, "pmtu 9");
  get(b, SOL_IP, IP_MTU_DISCOVER, "pmtu");
  get(b, SOL_IP, IP_MTU, "mtu unconnected");
  connect(b, (void *)&to, sizeof to);
  get(b, SOL_IP, IP_MTU, "mtu");
  get(b, SOL_IP, 190, "none such");
  get(b, 77, 1, "level 77");
  set(b, 77, 1, 1, "level 77");
  get(b, 6, 1, "TCP's");
  set(b, SOL_SOCKET, SO_BINDTODEVICE, 0, "no device");
  show("lo", setsockopt(b, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2));
  show("nodev", setsockopt(b, SOL_SOCKET, SO_BINDTODEVICE, "nodev0", 6));
  char dev[16] = "";
  socklen_t n = sizeof dev;
  show("get", getsockopt(b, SOL_SOCKET, SO_BINDTODEVICE, dev, &n));
  printf("%s %d\n", dev, n);
  unsigned char one = 9;
  show("ttl as a byte", setsockopt(b, SOL_IP, IP_TTL, &one, 1));
  n = 1;
  one = 0;
  show("get as a byte", getsockopt(b, SOL_IP, IP_TTL, &one, &n));
  printf("%d %d\n", one, n);

  puts("error queue");
  int e = socket(AF_INET, SOCK_DGRAM, 0), f = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in lo = at("127.0.0.1", 0);
  bind(f, (void *)&lo, sizeof lo);
  struct sockaddr_in gone = at("127.0.0.1", port_of(f));
  close(f);
  set(e, SOL_IP, IP_RECVERR, 1, "IP_RECVERR");
  show("sendto", sendto(e, "lost", 4, 0, (void *)&gone, sizeof gone));
  struct pollfd pf = {e, POLLIN | POLLOUT, 0};
  poll(&pf, 1, 0);
  printf("poll %x\n", pf.revents);
  receive(e, MSG_ERRQUEUE);
  receive(e, MSG_ERRQUEUE);
  show("sendto", sendto(e, "lost", 4, 0, (void *)&gone, sizeof gone));
  show("next call tells", sendto(e, "lost", 4, 0, (void *)&gone, sizeof gone));
  receive(e, MSG_ERRQUEUE);
  poll(&pf, 1, 0);
  printf("poll %x\n", pf.revents);
  static char big[66000];
  show("too large", sendto(e, big, 65508, 0, (void *)&gone, sizeof gone));
  receive(e, MSG_ERRQUEUE);

  puts("cork");
  int g = socket(AF_INET, SOCK_DGRAM, 0);
  connect(g, (void *)&to, sizeof to);
  set(a, SOL_IP, IP_PKTINFO, 0, "IP_PKTINFO");
  set(a, SOL_IP, IP_RECVTTL, 0, "IP_RECVTTL");
  set(a, SOL_IP, IP_RECVTOS, 0, "IP_RECVTOS");
  show("more", send(g, "one ", 4, MSG_MORE));
  show("nothing yet", recv(a, big, 10, MSG_DONTWAIT));
  show("end", send(g, "two", 3, 0));
  receive(a, 0);
  set(g, SOL_UDP, UDP_CORK, 1, "UDP_CORK");
  show("send", send(g, "three ", 6, 0));
  show("send", send(g, "four", 4, 0));
  show("nothing yet", recv(a, big, 10, MSG_DONTWAIT));
  set(g, SOL_UDP, UDP_CORK, 0, "UDP_CORK");
  receive(a, 0);
  set(g, SOL_UDP, 103, 4, "UDP_SEGMENT");
  show("send", send(g, "aaaabbbbcc", 10, 0));
  for (int i = 0; i < 3; i++) receive(a, MSG_DONTWAIT);

  puts("drops");
  set(a, SOL_SOCKET, SO_RCVBUF, 5000, "SO_RCVBUF");
  get(a, SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF");
  set(a, SOL_SOCKET, SO_RXQ_OVFL, 1, "SO_RXQ_OVFL");
  set(g, SOL_UDP, 103, 0, "UDP_SEGMENT");
  int sent = 0, got = 0;
  for (int i = 0; i < 100; i++) sent += send(g, big, 500, 0) == 500;
  while (recv(a, big, sizeof big, MSG_DONTWAIT) > 0) got++;
  printf("sent %d, some lost %d, some there %d\n", sent, got < 100, got > 2);
  send(g, "after", 5, 0);
  {
    char control[64];
    struct iovec iov = {big, 100};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    recvmsg(a, &m, 0);
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    printf("told of losses: %d\n", c && c->cmsg_type == SO_RXQ_OVFL && *(int *)CMSG_DATA(c) == 100 - got);
  }

  puts("many");
  struct mmsghdr mm[3];
  struct iovec iov[3] = {{"aa", 2}, {"bbb", 3}, {"c", 1}};
  memset(mm, 0, sizeof mm);
  for (int i = 0; i < 3; i++) mm[i].msg_hdr.msg_iov = &iov[i], mm[i].msg_hdr.msg_iovlen = 1;
  show("sendmmsg", sendmmsg(g, mm, 3, 0));
  static char bufs[3][10];
  for (int i = 0; i < 3; i++) iov[i].iov_base = bufs[i], iov[i].iov_len = 10;
  struct timespec limit = {5, 0};
  show("recvmmsg", recvmmsg(a, mm, 3, MSG_WAITFORONE, &limit));
  for (int i = 0; i < 3; i++) printf("%d %s\n", mm[i].msg_len, bufs[i]);
  return 0;
}
