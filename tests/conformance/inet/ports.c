// Who may have a port that another has: SO_REUSEADDR, SO_REUSEPORT, addresses, states.
#include "common.h"
struct half {
  const char *what;
  int family, reuse, port, only, listens;
  const char *ip;
};
static int make(struct half *h, int type, int port, int *fd) {
  struct sockaddr_in a;
  struct sockaddr_in6 a6;
  *fd = socket(h->family, type, 0);
  set(*fd, SOL_SOCKET, SO_REUSEADDR, h->reuse);
  set(*fd, SOL_SOCKET, SO_REUSEPORT, h->port);
  if (h->family == AF_INET6) {
    set(*fd, IPPROTO_IPV6, IPV6_V6ONLY, h->only);
    a6 = v6(h->ip, port);
    if (bind(*fd, (void *)&a6, sizeof a6) < 0) return -1;
  } else {
    a = v4(h->ip, port);
    if (bind(*fd, (void *)&a, sizeof a) < 0) return -1;
  }
  if (h->listens && type == SOCK_STREAM && listen(*fd, 5) < 0) return -2;
  return 0;
}
int main(void) {
  struct half kinds[] = {
      {"v4 lo", AF_INET, 0, 0, 0, 0, "127.0.0.1"},
      {"v4 lo reuse", AF_INET, 1, 0, 0, 0, "127.0.0.1"},
      {"v4 lo reuse listens", AF_INET, 1, 0, 0, 1, "127.0.0.1"},
      {"v4 lo reuseport listens", AF_INET, 0, 1, 0, 1, "127.0.0.1"},
      {"v4 other", AF_INET, 0, 0, 0, 1, "127.0.0.2"},
      {"v4 any reuse", AF_INET, 1, 0, 0, 1, "0.0.0.0"},
      {"v4 any", AF_INET, 0, 0, 0, 1, "0.0.0.0"},
      {"v6 any", AF_INET6, 0, 0, 0, 1, "::"},
      {"v6 any only", AF_INET6, 0, 0, 1, 1, "::"},
      {"v6 any reuse", AF_INET6, 1, 0, 0, 1, "::"},
      {"v6 one", AF_INET6, 0, 0, 0, 1, "::1"},
      {"v6 mapped", AF_INET6, 0, 0, 0, 1, "::ffff:127.0.0.1"},
  };
  int n = sizeof kinds / sizeof *kinds;
  for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++)
    for (int i = 0; i < n; i++) {
      printf("%s %s:", type == SOCK_STREAM ? "TCP" : "UDP", kinds[i].what);
      for (int j = 0; j < n; j++) {
        int a, b;
        if (make(&kinds[i], type, 0, &a) < 0) {
          printf(" none");
          close(a);
          continue;
        }
        int r = make(&kinds[j], type, port_of(a), &b);
        printf(" %s", r == 0 ? "ok" : r == -1 ? errno == EADDRINUSE ? "bind" : strerror(errno) : errno == EADDRINUSE ? "listen" : strerror(errno));
        close(a);
        close(b);
      }
      puts("");
    }
  puts("autobind");
  int a = socket(AF_INET, SOCK_STREAM, 0);
  show("listen unbound", listen(a, 5));
  printf("has a port: %d\n", port_of(a) >= 32768);
  struct sockaddr_in any = v4("0.0.0.0", 0);
  show("bind afterwards", bind(a, (void *)&any, sizeof any));
  puts("connections share a port");
  int l1 = listener(5), l2 = listener(5);
  struct sockaddr_in t1 = v4("127.0.0.1", port_of(l1)), t2 = v4("127.0.0.1", port_of(l2)), mine = v4("127.0.0.1", 0);
  int c1 = socket(AF_INET, SOCK_STREAM, 0), c2 = socket(AF_INET, SOCK_STREAM, 0), c3 = socket(AF_INET, SOCK_STREAM, 0);
  set(c1, SOL_SOCKET, SO_REUSEADDR, 1), set(c2, SOL_SOCKET, SO_REUSEADDR, 1), set(c3, SOL_SOCKET, SO_REUSEADDR, 1);
  bind(c1, (void *)&mine, sizeof mine);
  mine.sin_port = htons(port_of(c1));
  show("second bind", bind(c2, (void *)&mine, sizeof mine));
  show("third bind", bind(c3, (void *)&mine, sizeof mine));
  show("connect", connect(c1, (void *)&t1, sizeof t1));
  show("connect elsewhere", connect(c2, (void *)&t2, sizeof t2));
  show("the same once more", connect(c3, (void *)&t1, sizeof t1));
  puts("low ports");
  struct sockaddr_in low = v4("127.0.0.1", 1023);
  show("root", bind(socket(AF_INET, SOCK_STREAM, 0), (void *)&low, sizeof low));
  setuid(65534);
  low.sin_port = htons(1022);
  show("nobody", bind(socket(AF_INET, SOCK_STREAM, 0), (void *)&low, sizeof low));
  show("raw", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
  return 0;
}
