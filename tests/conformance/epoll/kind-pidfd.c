// pidfd: ready when the process is a zombie, hung up when it is waited for.
#include "modes.h"
#include <sys/syscall.h>
int main(void) {
  static const uint32_t bits[] = {0, EPOLLET, EPOLLONESHOT};
  for (int i = 0; i < 3; i++) {
    int gate[2];
    pipe(gate);
    pid_t pid = fork();
    if (pid == 0) {
      char c;
      close(gate[1]);
      read(gate[0], &c, 1);
      _exit(7);
    }
    close(gate[0]);
    int fd = syscall(SYS_pidfd_open, pid, 0);
    int ep = epoll_create1(0);
    say("add", add(ep, fd, ALL | bits[i], i));
    look("alive", ep);
    close(gate[1]);
    struct epoll_event e;
    int n = epoll_wait(ep, &e, 1, -1);
    printf("ended: %d [%#x]\n", n, e.events);
    look("still", ep);
    int st;
    waitpid(pid, &st, 0);
    printf("status %d\n", WEXITSTATUS(st));
    look("waited for", ep);
    mod(ep, fd, ALL, 9);
    look("level", ep);
    close(fd);
    close(ep);
  }
  return 0;
}
