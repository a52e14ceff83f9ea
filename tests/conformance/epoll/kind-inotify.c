// inotify in every mode; a queue read in parts.
#include "modes.h"
#include <sys/inotify.h>
static int fd, file;
static void change(void) { write(file, "x", 1); }
static void drain(void) {
  char b[4096];
  while (read(fd, b, sizeof b) > 0);
}
int main(void) {
  file = open("watched", O_RDWR | O_CREAT, 0600);
  fd = inotify_init1(IN_NONBLOCK);
  inotify_add_watch(fd, "watched", IN_MODIFY);
  modes("inotify", fd, ALL, change, drain);
  int ep = epoll_create1(0);
  add(ep, fd, EPOLLIN | EPOLLET, 2);
  change();
  lseek(file, 0, SEEK_SET);
  read(file, &(char){0}, 1);
  look("one", ep);
  change();
  look("an equal event is merged", ep);
  inotify_add_watch(fd, "watched", IN_MODIFY | IN_OPEN);
  close(open("watched", O_RDONLY));
  look("another", ep);
  char b[16];
  say("one event of two", read(fd, b, sizeof b));
  look("rest", ep);
  mod(ep, fd, EPOLLIN, 2);
  look("rest, level", ep);
  drain();
  look("none", ep);
  unlink("watched");
  return 0;
}
