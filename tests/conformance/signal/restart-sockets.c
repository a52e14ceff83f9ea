// Which socket calls are restarted after a handler, and which are not although SA_RESTART is set.
#include "restart.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
static struct sockaddr_un name;
static int listener, pair[2];
static void do_connect(void) {
  int c = socket(AF_UNIX, SOCK_STREAM, 0);
  connect(c, (void *)&name, sizeof(sa_family_t) + 1 + 4);
}
static void do_write(void) { write(pair[1], "x", 1); }
static void do_drain(void) {
  static char b[65536];
  fcntl(pair[1], F_SETFL, O_NONBLOCK);
  while (read(pair[1], b, sizeof b) > 0) ;
  fcntl(pair[1], F_SETFL, 0);
}
static void fill(void) {
  static char b[4096];
  fcntl(pair[0], F_SETFL, O_NONBLOCK);
  while (write(pair[0], b, sizeof b) > 0) ;
  while (write(pair[0], b, 1) > 0) ;
  fcntl(pair[0], F_SETFL, 0);
}
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  name.sun_family = AF_UNIX;
  snprintf(name.sun_path + 1, 20, "%04x", getpid() & 0xffff);
  socklen_t nl = sizeof(sa_family_t) + 1 + 4;
  listener = socket(AF_UNIX, SOCK_STREAM, 0);
  printf("bind %d listen %d\n", bind(listener, (void *)&name, nl), listen(listener, 4));
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  char b[16];
  struct iovec iov = {b, 1};
  struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
  struct mmsghdr mm = {.msg_hdr = m};
  for (int i = 0; i < 2; i++) {
    int flags = i ? SA_RESTART : 0;
    TRY("accept", do_connect, accept(listener, 0, 0) >= 0 ? 0 : -1);
    TRY("accept4", do_connect, accept4(listener, 0, 0, SOCK_CLOEXEC) >= 0 ? 0 : -1);
    TRY("read", do_write, read(pair[0], b, 1));
    TRY("readv", do_write, readv(pair[0], &iov, 1));
    TRY("recv", do_write, recv(pair[0], b, 1, 0));
    TRY("recvfrom", do_write, recvfrom(pair[0], b, 1, 0, 0, 0));
    TRY("recvmsg", do_write, recvmsg(pair[0], &m, 0));
    TRY("recvmmsg", do_write, recvmmsg(pair[0], &mm, 1, 0, 0));
    fill();
    TRY("write", do_drain, write(pair[0], b, 1));
    do_drain();
    fill();
    TRY("send", do_drain, send(pair[0], b, 1, 0));
    do_drain();
    // A time limit on the socket forbids restarting.
    struct timeval tv = {2, 0};
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    TRY("recv with timeout", do_write, recv(pair[0], b, 1, 0));
    TRY("accept with timeout", do_connect, accept(listener, 0, 0) >= 0 ? 0 : -1);
    tv.tv_sec = 0;
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  }
  return 0;
}
