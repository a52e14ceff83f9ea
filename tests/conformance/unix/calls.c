// Errors of the socket calls: families, types, flags, descriptors that are no sockets, bad addresses.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void say(const char *what, long r) { printf("%s: %s\n", what, r < 0 ? strerror(errno) : "ok"); }

int main(void) {
  struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "here"};
  socklen_t n = sizeof a;
  int sv[2];
  say("family 99", socket(99, SOCK_STREAM, 0));
  say("family -1", socket(-1, SOCK_STREAM, 0));
  say("family 0", socket(0, SOCK_STREAM, 0));
  say("type 0", socket(AF_UNIX, 0, 0));
  say("type rdm", socket(AF_UNIX, SOCK_RDM, 0));
  say("type 12", socket(AF_UNIX, 12, 0));
  say("flags", socket(AF_UNIX, SOCK_STREAM | 0x100, 0));
  say("protocol 5", socket(AF_UNIX, SOCK_STREAM, 5));
  say("protocol 1", socket(AF_UNIX, SOCK_STREAM, 1));
  say("raw is datagram", socket(AF_UNIX, SOCK_RAW, 0));
  say("socketpair flags", socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sv));
  printf("cloexec %d nonblock %d\n", fcntl(sv[0], F_GETFD), fcntl(sv[0], F_GETFL) == (O_RDWR | O_NONBLOCK));
  say("socketpair to nowhere", socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)8));
  int file = open("/dev/null", O_RDWR), s = socket(AF_UNIX, SOCK_STREAM, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
  say("bind a file", bind(file, (void *)&a, n));
  say("bind nothing", bind(99, (void *)&a, n));
  say("listen on a file", listen(file, 1));
  say("send to a file", send(file, "x", 1, 0));
  say("getsockname of a file", getsockname(file, (void *)&a, &n));
  say("getpeername unconnected", getpeername(s, (void *)&a, &n));
  n = sizeof a;
  getsockname(s, (void *)&a, &n);
  printf("unbound name: %u bytes, family %d\n", n, a.sun_family);
  a.sun_family = AF_INET;
  say("wrong family", bind(s, (void *)&a, sizeof a));
  a.sun_family = AF_UNIX;
  say("short", bind(s, (void *)&a, 1));
  say("long", bind(s, (void *)&a, 200));
  say("listen unbound", listen(s, 1));
  say("listen datagram", listen(d, 1));
  say("accept not listening", accept(s, NULL, NULL));
  say("accept datagram", accept(d, NULL, NULL));
  say("accept flags", accept4(s, NULL, NULL, 5));
  say("send unconnected", send(s, "x", 1, MSG_NOSIGNAL));
  say("recv unconnected", recv(s, &n, 1, MSG_DONTWAIT));
  say("recv datagram empty", recv(d, &n, 1, MSG_DONTWAIT));
  say("send datagram unconnected", send(d, "x", 1, MSG_NOSIGNAL));
  say("shutdown 7", shutdown(s, 7));
  say("shutdown unconnected", shutdown(s, SHUT_WR));
  say("lseek", lseek(s, 0, SEEK_SET));
  say("pread", pread(s, &n, 1, 0));
  say("ftruncate", ftruncate(s, 0));
  say("fsync", fsync(s));
  struct stat st;
  fstat(s, &st);
  printf("mode %o size %ld blocks %ld\n", st.st_mode, (long)st.st_size, (long)st.st_blocks);
  char link[100] = "", path[40];
  snprintf(path, sizeof path, "/proc/self/fd/%d", s);
  readlink(path, link, 99);
  printf("link %.8s\n", link);
  say("open it again", open(path, O_RDWR));
}
