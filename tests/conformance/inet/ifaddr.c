/* The addresses of the loopback device by ioctl: which sockets answer, and errors. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct { int cmd; const char *name; } cmds[] = {
  { SIOCGIFADDR, "addr" }, { SIOCGIFDSTADDR, "dstaddr" }, { SIOCGIFBRDADDR, "brdaddr" }, { SIOCGIFNETMASK, "netmask" },
};

static void ask(int s, const char *kind, const char *dev) {
  for (unsigned i = 0; i < sizeof cmds / sizeof *cmds; i++) {
    struct ifreq r;
    memset(&r, 0xaa, sizeof r);
    memset(r.ifr_name, 0, sizeof r.ifr_name);
    strcpy(r.ifr_name, dev);
    int e = ioctl(s, cmds[i].cmd, &r);
    printf("%s %s %s: ", kind, dev, cmds[i].name);
    if (e < 0) {
      printf("errno %d\n", errno);
      continue;
    }
    struct sockaddr_in *a = (struct sockaddr_in *)&r.ifr_addr;
    printf("family %d port %d %s\n", a->sin_family, a->sin_port, inet_ntoa(a->sin_addr));
  }
}

int main(void) {
  int in = socket(AF_INET, SOCK_DGRAM, 0);
  int tcp = socket(AF_INET, SOCK_STREAM, 0);
  ask(in, "udp", "lo");
  ask(tcp, "tcp", "lo");
  ask(in, "udp", "none0");
  ask(in, "udp", "");
  errno = 0;
  printf("bad address: %d", ioctl(in, SIOCGIFADDR, (void *)1));
  printf(" errno %d\n", errno);
  return 0;
}
