// splice and sendfile from a descriptor whose kind cannot give pages: refused at once, whether there is something to read or not.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

int main(void) {
  int p[2];
  if (pipe(p)) return 1;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  mq_unlink("/lstar-splice");
  int mq = mq_open("/lstar-splice", O_CREAT | O_RDWR, 0600, NULL);
  struct { const char *name; int fd; } in[] = {
      {"eventfd", eventfd(0, 0)}, {"epoll", epoll_create1(0)}, {"timerfd", timerfd_create(CLOCK_MONOTONIC, 0)}, {"inotify", inotify_init()},
      {"signalfd", signalfd(-1, &set, 0)}, {"pidfd", syscall(SYS_pidfd_open, getpid(), 0)}, {"mqueue", mq}, {"directory", open(".", O_RDONLY)},
      {"zero", open("/dev/zero", O_RDONLY)}, {"null", open("/dev/null", O_RDONLY)}, {"full", open("/dev/full", O_RDONLY)},
      {"urandom", open("/dev/urandom", O_RDONLY)}, {"maps", open("/proc/self/maps", O_RDONLY)}, {"hostname", open("/proc/sys/kernel/ostype", O_RDONLY)}};
  for (int ready = 0; ready < 2; ready++) {
    if (ready) {
      eventfd_write(in[0].fd, 1);
      kill(getpid(), SIGUSR1);
    }
    for (unsigned i = 0; i < sizeof in / sizeof *in; i++) {
      errno = 0;
      int r = splice(in[i].fd, 0, p[1], 0, 8, 0);
      printf("%s: %d %s", in[i].name, r, r < 0 ? strerrorname_np(errno) : "");
      r = sendfile(p[1], in[i].fd, NULL, 8);
      printf(", sendfile %d %s\n", r, r < 0 ? strerrorname_np(errno) : "");
    }
  }
  mq_unlink("/lstar-splice");
  return 0;
}
