// The end of a pipe or FIFO: HUP at the reader, ERR at the writer, level and edge, with data left and without.
#include "modes.h"
int main(void) {
  signal(SIGPIPE, SIG_IGN);
  char b[10];
  for (int et = 0; et < 2; et++) {
    uint32_t bits = et ? EPOLLET : 0;
    for (int data = 0; data < 2; data++) {
      printf("%s%s\n", et ? "edge" : "level", data ? ", data" : "");
      int p[2];
      pipe2(p, O_NONBLOCK);
      int ep = epoll_create1(0);
      if (data) write(p[1], "abc", 3);
      add(ep, p[0], EPOLLIN | EPOLLRDHUP | bits, 1);
      look("before", ep);
      int w = dup(p[1]);
      close(p[1]);
      look("one writer closed", ep);
      close(w);
      look("last writer closed", ep);
      say("  read", read(p[0], b, 2));
      look("part read", ep);
      say("  read", read(p[0], b, 10));
      look("all read", ep);
      say("  read", read(p[0], b, 10));
      look("end", ep);
      close(p[0]);
      pipe2(p, O_NONBLOCK);
      if (data) write(p[1], "abc", 3);
      add(ep, p[1], EPOLLOUT | bits, 2);
      look("writer before", ep);
      close(p[0]);
      look("reader closed", ep);
      say("  write", write(p[1], "x", 1));
      look("after EPIPE", ep);
      close(p[1]);
      pipe2(p, O_NONBLOCK);
      add(ep, p[1], bits, 3);
      add(ep, p[0], bits, 4);
      look("no interest", ep);
      close(p[0]);
      look("writer alone", ep);
      close(p[1]);
      close(ep);
    }
  }
  return 0;
}
