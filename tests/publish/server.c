/* Services of a guest, each on a port of its own; a process for each connection. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ECHO = 7, DISCARD = 9, BYE = 10, COUNT = 11, PATTERN = 12, RESET = 13, IDLE = 14, QUIT = 15, WHO = 16, LAST = 17, PORTS = 8 };
static const int ports[PORTS] = { ECHO, BYE, COUNT, PATTERN, RESET, IDLE, QUIT, WHO };

static void say(const char *what, int n) {
  printf("%s %d\n", what, n);
  fflush(stdout);
}

static int writeAll(int fd, const char *p, size_t n) {
  while (n > 0) {
    ssize_t w = write(fd, p, n);
    if (w <= 0) return -1;
    p += w;
    n -= w;
  }
  return 0;
}

static void pattern(int fd, long n) {
  static char buf[65536];
  unsigned x = 1;
  while (n > 0) {
    int m = n < (long)sizeof buf ? (int)n : (int)sizeof buf;
    for (int i = 0; i < m; i++) {
      buf[i] = x >> 16;
      x = x * 1103515245 + 12345;
    }
    if (writeAll(fd, buf, m) < 0) {
      say("pattern: errno", errno);
      return;
    }
    n -= m;
  }
}

static void serve(int port, int fd, struct sockaddr_in *peer) {
  static char buf[65536];
  ssize_t n;
  switch (port) {
  case ECHO:
    while ((n = read(fd, buf, sizeof buf)) > 0)
      if (writeAll(fd, buf, n) < 0) break;
    say("echo: end", n < 0 ? errno : 0);
    break;
  case BYE:
    writeAll(fd, "bye\n", 4);
    break;
  case COUNT: {
    long total = 0;
    unsigned sum = 0;
    while ((n = read(fd, buf, sizeof buf)) > 0) {
      total += n;
      for (int i = 0; i < n; i++) sum = sum * 31 + (unsigned char)buf[i];
    }
    int m = snprintf(buf, sizeof buf, "%ld %u\n", total, sum);
    writeAll(fd, buf, m);
    break;
  }
  case PATTERN:
    n = read(fd, buf, sizeof buf - 1);
    if (n > 0) {
      buf[n] = 0;
      pattern(fd, atol(buf));
    }
    break;
  case RESET: {
    struct linger l = { 1, 0 };
    n = read(fd, buf, 1);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
    break;
  }
  case IDLE:
    n = read(fd, buf, sizeof buf);
    say("idle: read", n < 0 ? -errno : (int)n);
    break;
  case WHO:
    n = snprintf(buf, sizeof buf, "%s\n", inet_ntoa(peer->sin_addr));
    writeAll(fd, buf, n);
    break;
  }
}

int main(void) {
  struct pollfd p[PORTS + 1];
  signal(SIGCHLD, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  for (int i = 0; i < PORTS; i++) {
    struct sockaddr_in a = { AF_INET, htons(ports[i]), { INADDR_ANY } };
    int one = 1;
    p[i].fd = socket(AF_INET, SOCK_STREAM, 0);
    p[i].events = POLLIN;
    setsockopt(p[i].fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(p[i].fd, (struct sockaddr *)&a, sizeof a) || listen(p[i].fd, 256)) return perror("bind"), 1;
  }
  struct sockaddr_in a = { AF_INET, htons(ECHO), { INADDR_ANY } };
  p[PORTS].fd = socket(AF_INET, SOCK_DGRAM, 0);
  p[PORTS].events = POLLIN;
  if (bind(p[PORTS].fd, (struct sockaddr *)&a, sizeof a)) return perror("bind"), 1;
  say("ready", getpid());
  for (;;) {
    if (poll(p, PORTS + 1, -1) < 0) continue;
    for (int i = 0; i < PORTS; i++) {
      struct sockaddr_in peer;
      socklen_t n = sizeof peer;
      if (!(p[i].revents & POLLIN)) continue;
      int fd = accept(p[i].fd, (struct sockaddr *)&peer, &n);
      if (fd < 0) continue;
      if (ports[i] == QUIT) {
        /* More than the other end takes at once, and the program is gone. */
        int big = 4 << 20;
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
        pattern(fd, 1500000);
        return 7;
      }
      if (fork() == 0) {
        serve(ports[i], fd, &peer);
        _exit(0);
      }
      close(fd);
    }
    if (p[PORTS].revents & POLLIN) {
      static char buf[65536];
      struct sockaddr_in peer;
      socklen_t n = sizeof peer;
      ssize_t m = recvfrom(p[PORTS].fd, buf, sizeof buf, 0, (struct sockaddr *)&peer, &n);
      if (m >= 0) sendto(p[PORTS].fd, buf, m, 0, (struct sockaddr *)&peer, n);
    }
  }
}
