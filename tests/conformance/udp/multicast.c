// Groups and broadcasts on the loopback device.
#include "../inet/common.h"
static int receiver(int port, const char *ip) {
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  set(s, SOL_SOCKET, SO_REUSEADDR, 1);
  struct sockaddr_in a = v4(ip, port);
  if (bind(s, (void *)&a, sizeof a) < 0) perror("bind");
  return s;
}
static void all(const char *what, int *s, int n) {
  char b[20];
  printf("%s:", what);
  for (int i = 0; i < n; i++) printf(" %ld", recv(s[i], b, 20, 0));
  puts("");
}
int main(void) {
  int s[3];
  s[0] = receiver(0, "0.0.0.0");
  int port = port_of(s[0]);
  s[1] = receiver(port, "0.0.0.0");
  s[2] = receiver(port, "239.1.2.3");
  int c = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in group = v4("239.1.2.3", port), other = v4("239.1.2.4", port), bc = v4("127.255.255.255", port);
  struct ip_mreq m = {.imr_multiaddr = group.sin_addr, .imr_interface.s_addr = inet_addr("127.0.0.1")};
  show("join", setsockopt(s[0], SOL_IP, IP_ADD_MEMBERSHIP, &m, sizeof m));
  show("again", setsockopt(s[0], SOL_IP, IP_ADD_MEMBERSHIP, &m, sizeof m));
  struct ip_mreqn mn = {.imr_multiaddr = group.sin_addr, .imr_ifindex = 1};
  show("by index", setsockopt(s[2], SOL_IP, IP_ADD_MEMBERSHIP, &mn, sizeof mn));
  m.imr_multiaddr.s_addr = inet_addr("10.0.0.1");
  show("no group", setsockopt(s[1], SOL_IP, IP_ADD_MEMBERSHIP, &m, sizeof m));
  show("short", setsockopt(s[1], SOL_IP, IP_ADD_MEMBERSHIP, &m, 4));
  struct in_addr lo = {inet_addr("127.0.0.1")};
  show("IF", setsockopt(c, SOL_IP, IP_MULTICAST_IF, &lo, sizeof lo));
  show("send", sendto(c, "group", 5, 0, (void *)&group, sizeof group));
  all("members, and who did not say no", s, 3);
  show("MULTICAST_ALL", set(s[1], SOL_IP, IP_MULTICAST_ALL, 0));
  sendto(c, "group", 5, 0, (void *)&group, sizeof group);
  all("members alone", s, 3);
  sendto(c, "other", 5, 0, (void *)&other, sizeof other);
  all("a group without members", s, 3);
  m.imr_multiaddr = group.sin_addr;
  show("leave", setsockopt(s[0], SOL_IP, IP_DROP_MEMBERSHIP, &m, sizeof m));
  show("leave again", setsockopt(s[0], SOL_IP, IP_DROP_MEMBERSHIP, &m, sizeof m));
  show("broadcast", sendto(c, "all", 3, 0, (void *)&bc, sizeof bc));
  show("SO_BROADCAST", set(c, SOL_SOCKET, SO_BROADCAST, 1));
  show("broadcast", sendto(c, "all", 3, 0, (void *)&bc, sizeof bc));
  all("broadcast", s, 3);
  show("ttl", set(c, SOL_IP, IP_MULTICAST_TTL, 300));
  show("ttl", set(c, SOL_IP, IP_MULTICAST_TTL, 5));
  printf("%d %d\n", get(c, SOL_IP, IP_MULTICAST_TTL), get(c, SOL_IP, IP_MULTICAST_LOOP));

  puts("SO_REUSEPORT spreads");
  int r[4], counts[4] = {0};
  for (int i = 0; i < 4; i++) {
    r[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    set(r[i], SOL_SOCKET, SO_REUSEPORT, 1);
    struct sockaddr_in a = v4("127.0.0.1", i ? port_of(r[0]) : 0);
    bind(r[i], (void *)&a, sizeof a);
  }
  struct sockaddr_in to = v4("127.0.0.1", port_of(r[0]));
  for (int i = 0; i < 64; i++) {
    int x = socket(AF_INET, SOCK_DGRAM, 0);
    sendto(x, "x", 1, 0, (void *)&to, sizeof to);
    close(x);
  }
  int total = 0, used = 0;
  char b[4];
  for (int i = 0; i < 4; i++) {
    while (recv(r[i], b, 4, 0) > 0) counts[i]++;
    total += counts[i];
    used += counts[i] > 0;
  }
  printf("%d received by several: %d\n", total, used > 1);
  return 0;
}
