// Sockets without a peer, listeners, connections under way, datagram sockets with named peers.
#include "modes.h"
#include <sys/un.h>
static struct sockaddr_un name(const char *n, socklen_t *len) {
  struct sockaddr_un a = {AF_UNIX};
  strcpy(a.sun_path, n);
  *len = sizeof a;
  return a;
}
int main(void) {
  socklen_t n;
  int ep = epoll_create1(0);
  static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  for (int i = 0; i < 3; i++) {
    int s = socket(AF_UNIX, types[i], 0);
    add(ep, s, ALL, i);
    look("fresh", ep);
    struct sockaddr_un a = name("sock", &n);
    say("bind", bind(s, (void *)&a, n));
    look("bound", ep);
    if (i != 1) {
      say("listen", listen(s, 2));
      look("listening", ep);
      int c = socket(AF_UNIX, types[i], 0);
      add(ep, c, ALL, 10 + i);
      look("client", ep);
      say("connect", connect(c, (void *)&a, n));
      look("connected", ep);
      look("again", ep);
      int d = accept(s, NULL, NULL);
      look("accepted", ep);
      add(ep, d, ALL, 20 + i);
      send(c, "hello", 5, 0);
      look("data", ep);
      close(s);
      look("listener closed", ep);
      close(d);
      look("server's end closed", ep);
      close(c);
    } else {
      int c = socket(AF_UNIX, types[i], 0);
      add(ep, c, ALL, 10 + i);
      say("connect", connect(c, (void *)&a, n));
      look("connected one way", ep);
      while (send(c, "x", 1, MSG_DONTWAIT) == 1);
      look("receiver full", ep);
      char b[4];
      recv(s, b, 4, 0);
      look("room", ep);
      close(s);
      look("receiver gone", ep);
      say("send", send(c, "x", 1, MSG_DONTWAIT));
      look("after refusal", ep);
      close(c);
    }
    unlink("sock");
    look("none", ep);
  }
  // A connection that nobody accepted, whose listener goes away.
  struct sockaddr_un a = name("sock", &n);
  int s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(s, (void *)&a, n);
  listen(s, 1);
  connect(c, (void *)&a, n);
  add(ep, c, ALL, 1);
  look("waiting to be accepted", ep);
  close(s);
  look("never accepted", ep);
  unlink("sock");
  return 0;
}
