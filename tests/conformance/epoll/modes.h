// One file in every mode: what waits return while it is ready, after it was read, after it became ready again.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, long r) { printf("%s: %ld %s\n", what, r, r < 0 ? strerror(errno) : ""); }

// One wait that does not sleep.
static int look(const char *what, int ep) {
  struct epoll_event e[8];
  memset(e, 0, sizeof e);
  int n = epoll_wait(ep, e, 8, 0);
  printf("  %s: %d", what, n);
  for (int i = 0; i < n; i++) printf(" [%#x %#llx]", e[i].events, (unsigned long long)e[i].data.u64);
  printf("\n");
  return n;
}

static int add(int ep, int fd, uint32_t events, uint64_t data) {
  struct epoll_event e = {.events = events, .data.u64 = data};
  return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}
static int mod(int ep, int fd, uint32_t events, uint64_t data) {
  struct epoll_event e = {.events = events, .data.u64 = data};
  return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
}
static int del(int ep, int fd) { return epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL); }

#define ALL (EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLRDNORM | EPOLLRDBAND | EPOLLWRNORM | EPOLLWRBAND | EPOLLMSG)

// `ready` makes fd readable, `drain` takes what came; each may be called again and again.
static void modes(const char *name, int fd, uint32_t interest, void (*ready)(void), void (*drain)(void)) {
  static const struct {
    const char *name;
    uint32_t bits;
  } m[] = {{"level", 0}, {"edge", EPOLLET}, {"oneshot", EPOLLONESHOT}, {"edge oneshot", EPOLLET | EPOLLONESHOT}};
  for (int i = 0; i < 4; i++) {
    printf("%s, %s\n", name, m[i].name);
    int ep = epoll_create1(EPOLL_CLOEXEC);
    say("  add", add(ep, fd, interest | m[i].bits, 0x1122334455667700 + i));
    look("idle", ep);
    look("idle again", ep);
    ready();
    look("ready", ep);
    look("still", ep);
    ready();
    look("more", ep);
    look("still", ep);
    drain();
    look("drained", ep);
    ready();
    look("ready", ep);
    say("  mod", mod(ep, fd, interest | m[i].bits, i));
    look("re-armed", ep);
    look("still", ep);
    say("  mod to nothing", mod(ep, fd, m[i].bits & ~EPOLLONESHOT, i));
    look("no interest", ep);
    drain();
    say("  del", del(ep, fd));
    ready();
    look("removed", ep);
    drain();
    close(ep);
  }
}
