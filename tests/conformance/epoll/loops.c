// Loops of epolls of every length, chains that are too deep, too many paths.
#include "modes.h"
#include <sys/eventfd.h>
int main(void) {
  for (int n = 1; n <= 7; n++) {
    int ep[8];
    for (int i = 0; i < n; i++) ep[i] = epoll_create1(0);
    printf("ring of %d:", n);
    for (int i = 0; i < n; i++) {
      int r = add(ep[i], ep[(i + 1) % n], EPOLLIN, i);
      printf(" %s", r ? strerrorname_np(errno) : "ok");
    }
    printf("\n");
    for (int i = 0; i < n; i++) look("quiet", ep[i]);
    for (int i = 0; i < n; i++) close(ep[i]);
  }
  for (int n = 2; n <= 7; n++) {
    int ep[8];
    for (int i = 0; i < n; i++) ep[i] = epoll_create1(0);
    printf("ring of %d from behind:", n);
    for (int i = n - 1; i >= 0; i--) {
      int r = add(ep[i], ep[(i + 1) % n], EPOLLIN, i);
      printf(" %s", r ? strerrorname_np(errno) : "ok");
    }
    printf("\n");
    // A leaf at the end wakes the whole chain that was made.
    int fd = eventfd(1, 0);
    int r = add(ep[n - 1], fd, EPOLLIN, 100);
    printf("leaf %s\n", r ? strerrorname_np(errno) : "ok");
    for (int i = 0; i < n; i++) look("chain", ep[i]);
    close(fd);
    for (int i = 0; i < n; i++) look("leaf closed", ep[i]);
    for (int i = 0; i < n; i++) close(ep[i]);
  }
  // Two chains joined in the middle.
  int a[4], b[4];
  for (int i = 0; i < 4; i++) a[i] = epoll_create1(0), b[i] = epoll_create1(0);
  for (int i = 0; i < 3; i++) {
    say("a", add(a[i], a[i + 1], EPOLLIN, i));
    say("b", add(b[i], b[i + 1], EPOLLIN, i));
  }
  say("deep under deep", add(a[3], b[0], EPOLLIN, 0));
  say("middle under middle", add(a[1], b[1], EPOLLIN, 0));
  say("end under start", add(a[0], b[3], EPOLLIN, 0));
  say("a diamond", add(a[0], a[2], EPOLLIN, 0));
  say("back up", add(a[2], a[0], EPOLLIN, 0));
  say("exclusive on an epoll", add(b[3], a[3], EPOLLIN | EPOLLEXCLUSIVE, 0));
  // Too many paths to one file.
  int fd = eventfd(0, 0), made = 0, failed = 0;
  for (int i = 0; i < 520; i++) {
    int outer = epoll_create1(0), inner = epoll_create1(0);
    if (outer < 0 || inner < 0) break;
    if (add(outer, inner, EPOLLIN, 0)) printf("outer %s\n", strerrorname_np(errno));
    if (add(inner, fd, EPOLLIN, 0)) failed = errno, close(outer), close(inner);
    else made++;
    if (failed) break;
  }
  printf("paths of two: %d %s\n", made, failed ? strerrorname_np(failed) : "");
  return 0;
}
