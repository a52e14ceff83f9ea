// What the tests of this directory share.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline void show(const char *what, long r) { printf("%s: %ld%s%s\n", what, r, r < 0 ? " " : "", r < 0 ? strerror(errno) : ""); }
static inline struct sockaddr_in v4(const char *ip, int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_aton(ip, &a.sin_addr);
  return a;
}
static inline struct sockaddr_in6 v6(const char *ip, int port) {
  struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  inet_pton(AF_INET6, ip, &a.sin6_addr);
  return a;
}
static inline int port_of(int fd) {
  struct sockaddr_in6 a;
  socklen_t n = sizeof a;
  return getsockname(fd, (void *)&a, &n) < 0 ? -1 : ntohs(a.sin6_port);
}
static inline void ready(const char *what, int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLRDNORM | POLLWRNORM | POLLWRBAND, 0};
  poll(&p, 1, 0);
  printf("%s: poll %x\n", what, p.revents);
}
static inline void settle(void) { usleep(20000); }
static inline int set(int fd, int level, int name, int v) { return setsockopt(fd, level, name, &v, sizeof v); }
static inline int get(int fd, int level, int name) {
  int v = -77;
  socklen_t n = sizeof v;
  return getsockopt(fd, level, name, &v, &n) < 0 ? -errno : v;
}
static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}
/* A listener on 127.0.0.1, and a connected pair. */
static inline int listener(int backlog) {
  int l = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = v4("127.0.0.1", 0);
  bind(l, (void *)&a, sizeof a);
  listen(l, backlog);
  return l;
}
static inline void pair(int s[2]) {
  int l = listener(5);
  struct sockaddr_in a = v4("127.0.0.1", port_of(l));
  s[0] = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(s[0], (void *)&a, sizeof a) < 0) perror("connect"), exit(1);
  s[1] = accept(l, 0, 0);
  close(l);
}
