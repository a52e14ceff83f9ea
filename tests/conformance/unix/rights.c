// SCM_RIGHTS: files arrive working, boundaries in streams, truncation, CLOEXEC, errors, peeking, many at once.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int sv[2];
static void say(const char *what, long r) { printf("%s: %ld %s\n", what, r, r < 0 ? strerror(errno) : ""); }
static long give(const int *fds, int n, const char *text) {
  char control[CMSG_SPACE(300 * sizeof(int))] = {0};
  struct iovec v = {(void *)text, strlen(text)};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(n * sizeof(int))};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(n * sizeof(int));
  memcpy(CMSG_DATA(c), fds, n * sizeof(int));
  return sendmsg(sv[0], &m, MSG_NOSIGNAL);
}
static int got[300], ngot;
static long take(int size, int room, int flags) {
  char control[CMSG_SPACE(300 * sizeof(int))] = {0}, text[64];
  struct iovec v = {text, size};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = room ? control : NULL, .msg_controllen = room};
  long r = recvmsg(sv[1], &m, flags | MSG_DONTWAIT);
  ngot = 0;
  if (r < 0) return r;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_type != SCM_RIGHTS) continue;
    ngot = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(got, CMSG_DATA(c), ngot * sizeof(int));
  }
  printf("  %ld bytes, %d descriptors, flags %x, control %zu\n", r, ngot, m.msg_flags & ~MSG_CMSG_CLOEXEC, m.msg_controllen);
  return r;
}

int main(void) {
  int p[2], fds[300];
  char b[10];
  socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
  pipe(p);
  say("give", give(p, 2, "pipe"));
  close(p[0]);
  close(p[1]);
  take(10, 200, 0);
  write(got[1], "through", 7);
  say("pipe works", read(got[0], b, 10));
  printf("cloexec %d\n", fcntl(got[0], F_GETFD));
  close(got[0]);
  int null = open("/dev/null", O_RDWR);
  give(&null, 1, "aa");
  write(sv[0], "bb", 2);
  give(&null, 1, "cc");
  take(2, 200, MSG_CMSG_CLOEXEC);
  printf("cloexec %d\n", fcntl(got[0], F_GETFD));
  take(10, 200, 0);
  take(10, 200, 0);
  give(&null, 1, "one");
  give(&null, 1, "two");
  puts("stops behind a message with files:");
  take(50, 200, 0);
  take(50, 200, 0);
  give(&null, 1, "split");
  puts("files come with the first byte:");
  take(1, 200, 0);
  take(10, 200, 0);
  give(&null, 1, "peek");
  take(10, 200, MSG_PEEK);
  take(10, 200, 0);
  puts("no room for control:");
  give(&null, 1, "x");
  take(10, 0, 0);
  give(&null, 1, "x");
  take(10, 17, 0);
  for (int i = 0; i < 300; i++) fds[i] = null;
  give(fds, 5, "five");
  take(10, CMSG_SPACE(2 * sizeof(int)), 0);
  say("253", give(fds, 253, "many"));
  take(10, 2000, 0);
  for (int i = 0; i < ngot; i++) close(got[i]);
  say("254", give(fds, 254, "more"));
  fds[1] = 999;
  say("bad descriptor", give(fds, 2, "bad"));
  say("none", give(fds, 0, "zero"));
  take(10, 200, 0);
  struct rlimit limit = {30, 30};
  setrlimit(RLIMIT_NOFILE, &limit);
  fds[1] = null;
  int before = dup(0);
  for (int i = before; i < 28; i++) dup(0);
  give(fds, 5, "few");
  take(10, 200, 0);
  printf("descriptors that fit: %s\n", ngot < 5 ? "fewer" : "all");
}
