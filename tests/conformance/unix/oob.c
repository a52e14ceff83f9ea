// Urgent bytes on streams: MSG_OOB, SO_OOBINLINE, SIOCATMARK, POLLPRI, SIGURG.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/sockios.h>
static int s[2], ep;
static void say(const char *what, long r) { printf("%s: %ld %s\n", what, r, r < 0 ? strerrorname_np(errno) : ""); }
static void start(const char *what) {
  printf("== %s\n", what);
  if (ep) close(s[0]), close(s[1]), close(ep);
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  ep = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN | EPOLLPRI | EPOLLET | EPOLLRDBAND};
  epoll_ctl(ep, EPOLL_CTL_ADD, s[1], &e);
}
static void state(void) {
  struct pollfd p = {s[1], POLLIN | POLLPRI | POLLRDBAND | POLLRDHUP, 0};
  struct epoll_event e;
  int at = -1;
  ioctl(s[1], SIOCATMARK, &at);
  poll(&p, 1, 0);
  int n = epoll_wait(ep, &e, 1, 0);
  printf("  poll %#x, edge %d %#x, at mark %d \n", p.revents, n, n > 0 ? e.events : 0, at);
}
static void rd(const char *what, int size, int flags) {
  char b[64] = "";
  struct iovec v = {b, size};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
  int r = recvmsg(s[1], &m, flags | MSG_DONTWAIT);
  printf("  %s: %d %s [%.*s] flags %#x\n", what, r, r < 0 ? strerrorname_np(errno) : "", r > 0 ? r : 0, b, r < 0 ? 0 : m.msg_flags);
  state();
}
static volatile int urgent, chosen;
static void on(int sig) {
  if (sig == SIGURG) urgent++;
  else chosen++;
}
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  int one = 1;
  start("one byte");
  say("send", send(s[0], "x", 1, MSG_OOB));
  state();
  rd("peek oob", 5, MSG_OOB | MSG_PEEK);
  rd("oob", 5, MSG_OOB);
  rd("oob again", 5, MSG_OOB);
  rd("normal", 5, 0);
  start("the last of many");
  say("send", send(s[0], "hello", 5, MSG_OOB));
  send(s[0], "world", 5, 0);
  state();
  int inq;
  ioctl(s[1], SIOCINQ, &inq);
  printf("%d bytes\n", inq);
  rd("peek", 20, MSG_PEEK);
  rd("normal up to the mark", 20, 0);
  rd("beyond it", 20, 0);
  rd("oob is gone", 5, MSG_OOB);
  start("oob first");
  send(s[0], "hello", 5, MSG_OOB);
  send(s[0], "world", 5, 0);
  rd("oob", 5, MSG_OOB);
  rd("normal", 20, 0);
  rd("normal", 20, 0);
  start("two marks");
  send(s[0], "ab", 2, MSG_OOB);
  send(s[0], "cd", 2, MSG_OOB);
  state();
  rd("normal", 20, 0);
  rd("oob", 20, MSG_OOB);
  rd("normal", 20, 0);
  start("small reads");
  send(s[0], "abc", 3, MSG_OOB);
  send(s[0], "def", 3, 0);
  for (int i = 0; i < 6; i++) rd("one", 1, 0);
  start("mark at the front, peeking");
  send(s[0], "x", 1, MSG_OOB);
  send(s[0], "yz", 2, 0);
  rd("peek", 5, MSG_PEEK);
  rd("oob", 5, MSG_OOB);
  rd("peek", 5, MSG_PEEK);
  rd("normal", 5, 0);
  start("inline");
  say("option", setsockopt(s[1], SOL_SOCKET, SO_OOBINLINE, &one, sizeof one));
  send(s[0], "abc", 3, MSG_OOB);
  send(s[0], "def", 3, 0);
  state();
  rd("oob", 5, MSG_OOB);
  rd("peek", 20, MSG_PEEK);
  rd("normal", 20, 0);
  rd("normal", 20, 0);
  rd("normal", 20, 0);
  start("only a mark, nothing else");
  send(s[0], "x", 1, MSG_OOB);
  rd("normal passes over it", 5, 0);
  rd("oob", 5, MSG_OOB);
  start("waitall stops at the mark");
  send(s[0], "abc", 3, MSG_OOB);
  send(s[0], "def", 3, 0);
  rd("waitall", 6, MSG_WAITALL);
  start("closed");
  send(s[0], "abc", 3, MSG_OOB);
  close(s[0]);
  state();
  rd("normal", 20, 0);
  rd("oob", 20, MSG_OOB);
  rd("end", 20, 0);
  s[0] = dup(0);
  start("closed with the byte taken");
  send(s[1], "x", 1, MSG_OOB);
  char b[4];
  say("oob", recv(s[0], b, 4, MSG_OOB));
  close(s[0]);
  rd("no reset", 5, 0);
  s[0] = dup(0);
  start("closed with the byte unread");
  send(s[1], "x", 1, MSG_OOB);
  close(s[0]);
  rd("reset", 5, 0);
  s[0] = dup(0);
  start("errors");
  say("nothing to send", send(s[0], "", 0, MSG_OOB));
  rd("nothing there", 5, MSG_OOB);
  say("no room in the buffer", recv(s[1], b, 0, MSG_OOB | MSG_DONTWAIT));
  shutdown(s[0], SHUT_WR);
  say("after shutdown", send(s[0], "x", 1, MSG_OOB | MSG_NOSIGNAL));
  int d[2];
  static const int types[] = {SOCK_DGRAM, SOCK_SEQPACKET};
  for (int i = 0; i < 2; i++) {
    socketpair(AF_UNIX, types[i], 0, d);
    say("send", send(d[0], "x", 1, MSG_OOB));
    say("recv", recv(d[1], b, 1, MSG_OOB | MSG_DONTWAIT));
    int at;
    say("mark", ioctl(d[1], SIOCATMARK, &at));
  }
  start("signals");
  signal(SIGURG, on);
  signal(SIGUSR1, on);
  send(s[0], "a", 1, MSG_OOB);
  printf("no owner: %d %d\n", urgent, chosen);
  fcntl(s[1], F_SETOWN, getpid());
  send(s[0], "b", 1, MSG_OOB);
  printf("owner: %d %d\n", urgent, chosen);
  fcntl(s[1], F_SETSIG, SIGUSR1);
  send(s[0], "c", 1, MSG_OOB);
  printf("signal chosen: %d %d\n", urgent, chosen);
  fcntl(s[1], F_SETFL, O_ASYNC);
  send(s[0], "d", 1, MSG_OOB);
  printf("asynchronous: %d %d\n", urgent, chosen);
  return 0;
}
