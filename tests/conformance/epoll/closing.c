// Closing while registered: duplicates keep the item, numbers are used again, the epoll itself goes.
#include "modes.h"
#include <sys/eventfd.h>
static int ready(void) { return eventfd(1, EFD_NONBLOCK); }
int main(void) {
  int ep = epoll_create1(0);
  int a = ready();
  add(ep, a, EPOLLIN, 1);
  close(a);
  look("closed", ep);
  say("del of a closed one", del(ep, a));
  a = ready();
  int b = dup(a);
  add(ep, a, EPOLLIN, 2);
  close(a);
  look("closed, duplicate open", ep);
  say("del by number", del(ep, a));
  say("del by duplicate", del(ep, b));
  say("mod by duplicate", mod(ep, b, EPOLLIN, 3));
  int c = ready();
  printf("same number: %d\n", c == a);
  say("add the new file under the old number", add(ep, c, EPOLLIN, 4));
  look("two items of one number", ep);
  say("del the new one", del(ep, c));
  look("the old one is left", ep);
  say("put the old file back", dup2(b, a) == a ? 0 : -1);
  say("del works now", del(ep, a));
  look("none", ep);
  // The same file twice, by two numbers.
  say("add", add(ep, a, EPOLLIN, 5));
  say("add duplicate", add(ep, b, EPOLLIN | EPOLLET, 6));
  say("add again", add(ep, a, EPOLLIN, 7));
  look("both", ep);
  look("edge is over", ep);
  close(a);
  look("one number closed", ep);
  close(b);
  look("both closed", ep);
  // Replaced by dup2.
  a = ready();
  add(ep, a, EPOLLIN, 8);
  int p[2];
  pipe(p);
  dup2(p[0], a);
  look("replaced", ep);
  say("mod sees the new file", mod(ep, a, EPOLLIN, 9));
  // The epoll is closed first; its descriptors live on.
  a = ready();
  add(ep, a, EPOLLIN, 10);
  int copy = dup(ep);
  close(ep);
  look("through a duplicate of the epoll", copy);
  close(copy);
  say("wait on a closed one", epoll_wait(copy, &(struct epoll_event){0}, 1, 0));
  uint64_t v;
  say("the file still works", read(a, &v, 8));
  // close_range takes many at once.
  ep = epoll_create1(0);
  for (int i = 0; i < 20; i++) {
    int low = ready();
    dup2(low, 100 + i);
    close(low);
    add(ep, 100 + i, EPOLLIN, i);
  }
  close_range(101, 118, 0);
  look("after close_range", ep);
  return 0;
}
