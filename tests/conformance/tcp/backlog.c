// How many connections a listener takes, and what becomes of the others.
#include "../inet/common.h"
static int try(int l, int *fd) {
  struct sockaddr_in a = v4("127.0.0.1", port_of(l));
  *fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  connect(*fd, (void *)&a, sizeof a);
  struct pollfd p = {*fd, POLLOUT, 0};
  return poll(&p, 1, 100);
}
int main(void) {
  for (int backlog = -1; backlog <= 3; backlog++) {
    if (backlog < 0) continue;
    int l = listener(backlog), fd[8], done = 0;
    for (int i = 0; i < 6; i++) done += try(l, &fd[i]);
    printf("backlog %d: %d connected\n", backlog, done);
    int s = accept(l, 0, 0);
    struct pollfd p[6];
    for (int i = 0; i < 6; i++) p[i] = (struct pollfd){fd[i], POLLOUT, 0};
    // The one that was left out tries again after a second.
    double t = now();
    while (now() - t < 1.5 && poll(p, 6, 0) <= done) usleep(50000);
    printf("one more after accept: %d\n", poll(p, 6, 0) - done);
    for (int i = 0; i < 6; i++) close(fd[i]);
    close(s);
    close(l);
  }
  int l = listener(5), fd;
  show("defer", set(l, IPPROTO_TCP, 9, 1));
  printf("defer is %d\n", get(l, IPPROTO_TCP, 9));
  fcntl(l, F_SETFL, O_NONBLOCK);
  printf("connected %d\n", try(l, &fd));
  settle();
  show("accept without data", accept(l, 0, 0));
  write(fd, "data", 4);
  settle();
  int s = accept(l, 0, 0);
  char b[10];
  show("accept with data", s >= 0 ? 0 : s);
  show("read", read(s, b, 10));
  set(l, IPPROTO_TCP, 9, 100);
  printf("defer is %d\n", get(l, IPPROTO_TCP, 9));

  puts("accept is interrupted, and times out");
  l = listener(5);
  struct timeval tv = {0, 50000};
  setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  show("accept", accept(l, 0, 0));
  puts("shutdown of a listener");
  int c = socket(AF_INET, SOCK_STREAM, 0);
  show("SHUT_WR", shutdown(l, SHUT_WR));
  show("SHUT_RD", shutdown(l, SHUT_RD));
  ready("listener", l);
  show("accept", accept(l, 0, 0));
  show("listen again", listen(l, 1));
  struct sockaddr_in a = v4("127.0.0.1", port_of(l));
  show("connect", connect(c, (void *)&a, sizeof a) < 0 ? -1 : 0);
  return 0;
}
