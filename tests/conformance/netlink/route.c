// What NETLINK_ROUTE says about the loopback device, decoded; only `lo` is looked at, and the tables' shape.
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int fd;
static unsigned seq = 100;

static const char *name(int e) { return e == 0 ? "0" : strerrorname_np(e); }

static void ask(int type, int flags, const void *body, size_t length) {
  char b[256] = {0};
  struct nlmsghdr *h = (struct nlmsghdr *)b;
  h->nlmsg_len = NLMSG_LENGTH(length);
  h->nlmsg_type = type;
  h->nlmsg_flags = NLM_F_REQUEST | flags;
  h->nlmsg_seq = ++seq;
  memcpy(NLMSG_DATA(h), body, length);
  struct sockaddr_nl to = {.nl_family = AF_NETLINK};
  ssize_t n = sendto(fd, b, h->nlmsg_len, 0, (struct sockaddr *)&to, sizeof to);
  if (n != (ssize_t)h->nlmsg_len) printf("sendto %zd %s\n", n, name(errno));
}

static void link_message(struct nlmsghdr *h) {
  struct ifinfomsg *i = NLMSG_DATA(h);
  if (i->ifi_index != (int)if_nametoindex("lo")) return;
  printf("link family %d type %d flags %x change %x\n", i->ifi_family, i->ifi_type, i->ifi_flags, i->ifi_change);
  // In this order, whatever order the kernel has.
  static const int types[] = {IFLA_IFNAME, IFLA_MTU, IFLA_TXQLEN, IFLA_QDISC, IFLA_OPERSTATE, IFLA_ADDRESS, IFLA_BROADCAST};
  for (unsigned t = 0; t < sizeof types / sizeof *types; t++) {
    int left = h->nlmsg_len - NLMSG_LENGTH(sizeof *i);
    for (struct rtattr *a = IFLA_RTA(i); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
      const unsigned char *d = RTA_DATA(a);
      if (a->rta_type != types[t]) continue;
      switch (a->rta_type) {
        case IFLA_IFNAME: printf("  name %s\n", (char *)d); break;
        case IFLA_MTU: printf("  mtu %u\n", *(unsigned *)d); break;
        case IFLA_TXQLEN: printf("  txqlen %u\n", *(unsigned *)d); break;
        case IFLA_QDISC: printf("  qdisc %s\n", (char *)d); break;
        case IFLA_OPERSTATE: printf("  operstate %u\n", *d); break;
        default: printf("  address %zu %02x\n", RTA_PAYLOAD(a), d[0]); break;
      }
    }
  }
}

static void addr_message(struct nlmsghdr *h) {
  struct ifaddrmsg *i = NLMSG_DATA(h);
  // A host may have IPv6 switched off.
  if (i->ifa_index != if_nametoindex("lo") || i->ifa_family == AF_INET6) return;
  char text[64];
  int left = h->nlmsg_len - NLMSG_LENGTH(sizeof *i);
  for (struct rtattr *a = IFA_RTA(i); RTA_OK(a, left); a = RTA_NEXT(a, left))
    if (a->rta_type == IFA_ADDRESS)
      printf("addr family %d /%d flags %x scope %d %s\n", i->ifa_family, i->ifa_prefixlen, i->ifa_flags & 0x80, i->ifa_scope,
             inet_ntop(i->ifa_family, RTA_DATA(a), text, sizeof text));
    else if (a->rta_type == IFA_LABEL)
      printf("  label %s\n", (char *)RTA_DATA(a));
}

static int messages(void (*each)(struct nlmsghdr *), int multi) {
  char b[32768];
  for (;;) {
    ssize_t whole = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
    struct sockaddr_nl from;
    struct iovec iov = {b, sizeof b};
    struct msghdr m = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1};
    ssize_t n = recvmsg(fd, &m, 0);
    if (n != whole || from.nl_pid != 0 || m.msg_namelen != sizeof from) return printf("recvmsg %zd of %zd\n", n, whole);
    for (struct nlmsghdr *h = (struct nlmsghdr *)b; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
      if (h->nlmsg_seq != seq) return printf("seq\n");
      if (multi != ((h->nlmsg_flags & NLM_F_MULTI) != 0) && h->nlmsg_type != NLMSG_ERROR) return printf("multi\n");
      if (h->nlmsg_type == NLMSG_DONE) return printf("done\n");
      if (h->nlmsg_type == NLMSG_ERROR) {
        struct nlmsgerr *e = NLMSG_DATA(h);
        return printf("error %s for type %d\n", name(-e->error), e->msg.nlmsg_type);
      }
      each(h);
    }
    if (!multi) return 0;
  }
}

int main(void) {
  printf("types %d", socket(AF_NETLINK, SOCK_STREAM, 0));
  printf(" %s\n", name(errno));
  printf("protocol %d", socket(AF_NETLINK, SOCK_RAW, 40));
  printf(" %s\n", name(errno));
  fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  struct sockaddr_nl a = {.nl_family = AF_NETLINK};
  socklen_t length = sizeof a;
  getsockname(fd, (struct sockaddr *)&a, &length);
  printf("unbound %u %u\n", a.nl_pid, length);
  printf("bind short %d", bind(fd, (struct sockaddr *)&a, 4));
  printf(" %s\n", name(errno));
  printf("bind %d\n", bind(fd, (struct sockaddr *)&a, sizeof a));
  length = sizeof a;
  getsockname(fd, (struct sockaddr *)&a, &length);
  printf("bound to pid %d\n", a.nl_pid == (unsigned)getpid());
  int second = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE);
  struct sockaddr_nl taken = a;
  printf("taken %d", bind(second, (struct sockaddr *)&taken, sizeof taken));
  printf(" %s\n", name(errno));
  taken.nl_pid = 0;
  printf("other %d\n", bind(second, (struct sockaddr *)&taken, sizeof taken));
  getsockname(second, (struct sockaddr *)&taken, &length);
  printf("other is negative %d\n", (int)taken.nl_pid < 0);
  printf("empty %zd", send(second, "", 0, 0));
  printf(" %s\n", name(errno));
  printf("nothing %zd", recv(second, &length, 4, MSG_DONTWAIT));
  printf(" %s\n", name(errno));
  int one = 1;
  length = sizeof one;
  printf("cap_ack %d\n", setsockopt(second, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one));
  one = 0;
  printf("cap_ack %d", getsockopt(second, SOL_NETLINK, NETLINK_CAP_ACK, &one, &length));
  printf(" %d\n", one);
  printf("no option %d", setsockopt(second, SOL_NETLINK, 99, &one, sizeof one));
  printf(" %s\n", name(errno));

  struct rtgenmsg any = {AF_UNSPEC};
  ask(RTM_GETLINK, NLM_F_DUMP, &any, sizeof any);
  messages(link_message, 1);
  for (int family = 0; family < 3; family++) {
    any.rtgen_family = family == 0 ? AF_UNSPEC : family == 1 ? AF_INET : AF_INET6;
    ask(RTM_GETADDR, NLM_F_DUMP, &any, sizeof any);
    messages(addr_message, 1);
  }
  struct ifinfomsg info = {.ifi_index = if_nametoindex("lo")};
  ask(RTM_GETLINK, 0, &info, sizeof info);
  messages(link_message, 0);
  info.ifi_index = 12345;
  ask(RTM_GETLINK, 0, &info, sizeof info);
  messages(link_message, 0);
  info.ifi_index = 0;
  ask(RTM_GETLINK, 0, &info, sizeof info);
  messages(link_message, 0);
  ask(1000, 0, &info, sizeof info);
  messages(link_message, 0);
  ask(NLMSG_NOOP, NLM_F_ACK, &info, 0);
  messages(link_message, 0);

  struct ifaddrs *list;
  printf("getifaddrs %d\n", getifaddrs(&list));
  for (struct ifaddrs *i = list; i; i = i->ifa_next) {
    if (strcmp(i->ifa_name, "lo") != 0 || i->ifa_addr->sa_family == AF_INET6) continue;
    char x[64] = "", y[64] = "";
    int family = i->ifa_addr->sa_family;
    if (family == AF_INET) {
      inet_ntop(family, (char *)i->ifa_addr + 4, x, sizeof x);
      inet_ntop(family, (char *)i->ifa_netmask + 4, y, sizeof y);
    } else {
      struct sockaddr_ll *ll = (struct sockaddr_ll *)i->ifa_addr;
      sprintf(x, "hatype %d halen %d", ll->sll_hatype, ll->sll_halen);
    }
    printf("  %s %d %x %s %s\n", i->ifa_name, family, i->ifa_flags, x, y);
  }
  freeifaddrs(list);

  int any_socket = socket(AF_UNIX, SOCK_DGRAM, 0);
  struct ifreq r = {.ifr_name = "lo"};
  printf("flags %d", ioctl(any_socket, SIOCGIFFLAGS, &r));
  printf(" %x\n", r.ifr_flags);
  printf("mtu %d", ioctl(any_socket, SIOCGIFMTU, &r));
  printf(" %d\n", r.ifr_mtu);
  printf("hwaddr %d", ioctl(any_socket, SIOCGIFHWADDR, &r));
  printf(" %d\n", r.ifr_hwaddr.sa_family);
  printf("index %d", ioctl(any_socket, SIOCGIFINDEX, &r));
  int index = r.ifr_ifindex;
  memset(&r, 0, sizeof r);
  r.ifr_ifindex = index;
  printf(" name %d", ioctl(any_socket, SIOCGIFNAME, &r));
  printf(" %s\n", r.ifr_name);
  strcpy(r.ifr_name, "none0");
  printf("none %d", ioctl(any_socket, SIOCGIFFLAGS, &r));
  printf(" %s\n", name(errno));
  printf("bad %d", ioctl(any_socket, SIOCGIFFLAGS, NULL));
  printf(" %s\n", name(errno));
  return 0;
}
