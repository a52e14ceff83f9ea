// getsockopt and setsockopt: values, lengths, limits, errors.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int s;
static void get(const char *name, int option) {
  int v[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
  socklen_t n = sizeof v;
  int r = getsockopt(s, SOL_SOCKET, option, v, &n);
  printf("%s: %s, %u bytes: %d %d\n", name, r < 0 ? strerror(errno) : "ok", n, v[0], v[1]);
}
static void set(const char *name, int option, int value) {
  int r = setsockopt(s, SOL_SOCKET, option, &value, sizeof value);
  printf("set %s %d: %s\n", name, value, r < 0 ? strerror(errno) : "ok");
}

int main(void) {
  s = socket(AF_UNIX, SOCK_SEQPACKET, 0);
#define GET(o) get(#o, o)
#define SET(o, v) set(#o, o, v), get(#o, o)
  GET(SO_TYPE); GET(SO_DOMAIN); GET(SO_PROTOCOL); GET(SO_ERROR); GET(SO_ACCEPTCONN); GET(SO_SNDBUF); GET(SO_RCVBUF);
  GET(SO_LINGER); GET(SO_REUSEADDR); GET(SO_KEEPALIVE); GET(SO_BROADCAST); GET(SO_OOBINLINE); GET(SO_PRIORITY); GET(SO_PASSCRED);
  GET(SO_RCVLOWAT); GET(SO_SNDLOWAT); GET(SO_RCVTIMEO); GET(SO_SNDTIMEO); GET(SO_PEEK_OFF);
  SET(SO_SNDBUF, 1); SET(SO_SNDBUF, 100000); SET(SO_SNDBUF, 100000000); SET(SO_RCVBUF, 1); SET(SO_RCVBUF, 50000);
  SET(SO_REUSEADDR, 5); SET(SO_KEEPALIVE, 1); SET(SO_PASSCRED, 7); SET(SO_RCVLOWAT, 10); SET(SO_RCVLOWAT, -1); SET(SO_RCVLOWAT, 0);
  SET(SO_TYPE, 1); SET(SO_ERROR, 1); SET(SO_PEEK_OFF, 3); SET(SO_PEEK_OFF, -1); SET(SO_PRIORITY, 3);
  get("unknown", 999);
  set("unknown", 999, 1);
  struct timeval t = {1, 500000};
  printf("timeout %d\n", setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
  GET(SO_RCVTIMEO);
  t.tv_usec = 1000000;
  printf("bad: %s\n", setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) < 0 ? strerror(errno) : "ok");
  int v = 1;
  printf("short: %s\n", setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &v, 1) < 0 ? strerror(errno) : "ok");
  printf("negative: %s\n", setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &v, -1) < 0 ? strerror(errno) : "ok");
  printf("pointer: %s\n", setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (void *)8, 4) < 0 ? strerror(errno) : "ok");
  printf("level: %s\n", setsockopt(s, 77, SO_REUSEADDR, &v, 4) < 0 ? strerror(errno) : "ok");
  socklen_t n = 2;
  v = -1;
  printf("two bytes: %d", getsockopt(s, SOL_SOCKET, SO_TYPE, &v, &n));
  printf(" %u %x\n", n, v);
}
