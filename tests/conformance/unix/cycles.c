// Sockets that hold each other in their queues are freed: the files inside are closed.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int give(int over, int a, int b) {
  char control[CMSG_SPACE(2 * sizeof(int))] = {0};
  struct iovec v = {"x", 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE((b < 0 ? 1 : 2) * sizeof(int))};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN((b < 0 ? 1 : 2) * sizeof(int));
  int fds[2] = {a, b};
  memcpy(CMSG_DATA(c), fds, c->cmsg_len - CMSG_LEN(0));
  return sendmsg(over, &m, 0);
}
static int closed(int fd) {
  struct pollfd p = {fd, POLLIN, 0};
  return poll(&p, 1, 3000) == 1 && (p.revents & POLLHUP);
}

int main(void) {
  int p[2], sv[2], tv[2];
  pipe(p);
  socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
  printf("itself: %d\n", give(sv[0], sv[1], p[1]));
  close(p[1]);
  printf("writer still held: %d\n", !(poll(&(struct pollfd){p[0], POLLIN, 0}, 1, 0)));
  close(sv[0]);
  close(sv[1]);
  // The collector runs when some socket closes.
  socketpair(AF_UNIX, SOCK_STREAM, 0, tv);
  close(tv[0]);
  close(tv[1]);
  printf("freed: %d\n", closed(p[0]));
  pipe(p);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, sv);
  socketpair(AF_UNIX, SOCK_STREAM, 0, tv);
  printf("two pairs: %d %d\n", give(sv[0], tv[0], tv[1]), give(tv[0], sv[0], sv[1]));
  printf("and a pipe: %d\n", give(sv[1], p[1], -1));
  close(p[1]);
  close(sv[0]);
  close(sv[1]);
  close(tv[0]);
  close(tv[1]);
  socketpair(AF_UNIX, SOCK_STREAM, 0, tv);
  close(tv[0]);
  close(tv[1]);
  printf("freed: %d\n", closed(p[0]));
  // One end stays open: nothing may be freed.
  pipe(p);
  socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
  give(sv[0], sv[1], p[1]);
  close(p[1]);
  close(sv[1]);
  socketpair(AF_UNIX, SOCK_STREAM, 0, tv);
  close(tv[0]);
  close(tv[1]);
  printf("kept: %d\n", poll(&(struct pollfd){p[0], POLLIN, 0}, 1, 50) == 0);
}
