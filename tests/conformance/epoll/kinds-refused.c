// What can be polled and what cannot.
#include "modes.h"
#include <sys/mman.h>
#include <sys/eventfd.h>
static int ep;
static void try(const char *what, int fd) {
  if (fd < 0) {
    printf("%s: open %s\n", what, strerrorname_np(errno));
    return;
  }
  int r = add(ep, fd, EPOLLIN | EPOLLOUT, 1);
  printf("%s: %s\n", what, r ? strerrorname_np(errno) : "ok");
  if (r == 0) {
    look("ready", ep);
    del(ep, fd);
  }
  close(fd);
}
int main(void) {
  ep = epoll_create1(0);
  try("regular file", open("file", O_RDWR | O_CREAT, 0600));
  try("directory", open(".", O_RDONLY | O_DIRECTORY));
  try("O_PATH", open(".", O_PATH));
  try("O_PATH of a file", open("file", O_PATH));
  try("/dev/null", open("/dev/null", O_RDWR));
  try("/dev/zero", open("/dev/zero", O_RDWR));
  try("/dev/full", open("/dev/full", O_RDWR));
  try("/dev/urandom", open("/dev/urandom", O_RDWR));
  try("/proc/self/status", open("/proc/self/status", O_RDONLY));
  try("/proc/self/maps", open("/proc/self/maps", O_RDONLY));
  try("memfd", memfd_create("m", 0));
  try("/proc/self/ns/pid", open("/proc/self/ns/pid", O_RDONLY));
  int d = open("file", O_PATH);
  say("ctl on O_PATH", add(d, d, EPOLLIN, 0));
  say("wait on O_PATH", epoll_wait(d, &(struct epoll_event){0}, 1, 0));
  unlink("file");
  return 0;
}
