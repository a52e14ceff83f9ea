// Each way to end a direction of a Unix socket, seen from both sides: EPOLLRDHUP, EPOLLHUP, EPOLLERR.
#include "modes.h"
static int s[2], ep[2];
static void both(const char *what) {
  printf(" %s\n", what);
  look("here", ep[0]);
  look("there", ep[1]);
}
static void start(int type, int data, uint32_t interest) {
  socketpair(AF_UNIX, type, 0, s);
  for (int i = 0; i < 2; i++) {
    ep[i] = epoll_create1(0);
    add(ep[i], s[i], interest, i);
  }
  if (data) send(s[0], "abc", 3, 0);
}
static void stop(void) {
  close(s[0]), close(s[1]), close(ep[0]), close(ep[1]);
}
int main(void) {
  signal(SIGPIPE, SIG_IGN);
  static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  static const char *const names[] = {"stream", "datagram", "seqpacket"};
  static const char *const hows[] = {"SHUT_RD", "SHUT_WR", "SHUT_RDWR", "close"};
  char b[10];
  for (int t = 0; t < 3; t++)
    for (int data = 0; data < 2; data++)
      for (int how = 0; how < 4; how++) {
        printf("%s%s, %s\n", names[t], data ? " with data" : "", hows[how]);
        start(types[t], data, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI);
        if (how < 3) shutdown(s[0], how);
        else close(s[0]);
        both("after");
        say("  receive there", recv(s[1], b, sizeof b, MSG_DONTWAIT));
        say("  receive there again", recv(s[1], b, sizeof b, MSG_DONTWAIT));
        say("  send there", send(s[1], "q", 1, MSG_DONTWAIT));
        both("then");
        if (how < 3) say("  receive here", recv(s[0], b, sizeof b, MSG_DONTWAIT)), say("  send here", send(s[0], "q", 1, MSG_DONTWAIT));
        shutdown(s[1], SHUT_RDWR);
        both("other side shut down");
        stop();
      }
  // HUP and ERR come unasked; RDHUP does not.
  for (int t = 0; t < 3; t++) {
    printf("%s, no interest\n", names[t]);
    start(types[t], 0, 0);
    shutdown(s[0], SHUT_WR);
    both("half closed");
    shutdown(s[0], SHUT_RD);
    both("closed");
    stop();
  }
  // Data left unread by the one who closes: the other gets an error.
  for (int t = 0; t < 3; t++) {
    printf("%s, unread\n", names[t]);
    start(types[t], 1, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    both("before");
    close(s[1]);
    both("closed with data");
    int e;
    socklen_t n = sizeof e;
    getsockopt(s[0], SOL_SOCKET, SO_ERROR, &e, &n);
    printf("  error %s\n", strerror(e));
    mod(ep[0], s[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP, 5);
    both("error taken");
    stop();
  }
  return 0;
}
