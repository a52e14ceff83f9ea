// Connections: backlog, non-blocking connect and accept, accept's address, what waits when the listener closes, restart after a signal.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "\0conf-listen"};
static socklen_t an = offsetof(struct sockaddr_un, sun_path) + 12;
static void say(const char *what, long r) { printf("%s: %s\n", what, r < 0 ? strerror(errno) : "ok"); }
static void ready(const char *when, int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  poll(&p, 1, 0);
  printf("%s: events %x\n", when, p.revents);
}
static void handler(int sig) { (void)sig; }

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  int s = socket(AF_UNIX, SOCK_STREAM, 0), c[6];
  ready("new", s);
  bind(s, (void *)&a, an);
  listen(s, 2);
  ready("listening", s);
  int flags = fcntl(s, F_GETFL);
  fcntl(s, F_SETFL, flags | O_NONBLOCK);
  say("nobody", accept(s, NULL, NULL));
  fcntl(s, F_SETFL, flags);
  for (int i = 0; i < 5; i++) {
    c[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    say("connect", connect(c[i], (void *)&a, an));
  }
  ready("waiting connections", s);
  ready("connected, not accepted", c[0]);
  say("send before accept", send(c[0], "early", 5, 0));
  struct sockaddr_un from;
  socklen_t n = sizeof from;
  int k = accept4(s, (void *)&from, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
  printf("accepted, peer's address %u bytes, cloexec %d, nonblock %d\n", n, fcntl(k, F_GETFD), (fcntl(k, F_GETFL) & O_NONBLOCK) != 0);
  char b[20];
  printf("early data %ld\n", (long)read(k, b, 20));
  n = sizeof from;
  getsockname(k, (void *)&from, &n);
  printf("own name %s, %u bytes\n", from.sun_path + 1, n);
  say("one more now", connect(c[3], (void *)&a, an));
  close(c[1]);
  int dead = accept(s, NULL, NULL);
  printf("a closed one: %ld\n", (long)read(dead, b, 20));
  int v;
  n = sizeof v;
  getsockopt(s, SOL_SOCKET, SO_ACCEPTCONN, &v, &n);
  printf("SO_ACCEPTCONN %d", v);
  getsockopt(k, SOL_SOCKET, SO_ACCEPTCONN, &v, &n);
  printf(" %d\n", v);
  close(s);
  ready("listener closed, mine was waiting", c[2]);
  printf("read: %ld %s\n", (long)read(c[2], b, 1), strerror(errno));
  say("connect to it", connect(c[4], (void *)&a, an));
  s = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(s, (void *)&a, an);
  listen(s, 1);
  struct itimerval soon = {.it_value = {0, 20000}};
  struct sigaction act = {.sa_handler = handler};
  sigaction(SIGALRM, &act, NULL);
  setitimer(ITIMER_REAL, &soon, NULL);
  say("accept, interrupted", accept(s, NULL, NULL));
  act.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &act, NULL);
  setitimer(ITIMER_REAL, &soon, NULL);
  if (fork() == 0) {
    usleep(60000);
    int t = socket(AF_UNIX, SOCK_STREAM, 0);
    connect(t, (void *)&a, an);
    _exit(0);
  }
  say("accept, restarted", accept(s, NULL, NULL));
  wait(NULL);
  struct timeval limit = {0, 20000};
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  say("accept with a time limit", accept(s, NULL, NULL));
  setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0, 5000}}, NULL);
  say("a limit means no restart", accept(s, NULL, NULL));
}
