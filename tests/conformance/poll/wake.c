// Sleeping in poll and select until another process writes, reads or closes.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
static char big[65536];
int main(void) {
  int p[2], q[2];
  pipe(p);
  pipe(q);
  struct pollfd v[2] = {{p[0], POLLIN}, {q[0], POLLIN}};
  if (fork() == 0) {
    usleep(20000);
    write(q[1], "x", 1);
    _exit(0);
  }
  P("poll", poll(v, 2, -1));
  printf("%x %x\n", v[0].revents, v[1].revents);
  wait(0);
  read(q[0], big, 1);
  if (fork() == 0) {
    close(p[0]);
    close(q[0]);
    close(q[1]);
    usleep(20000);
    _exit(0);
  }
  close(p[1]);
  P("last writer exits", poll(v, 2, 5000));
  printf("%x %x\n", v[0].revents, v[1].revents);
  wait(0);
  fcntl(q[1], F_SETFL, O_NONBLOCK);
  while (write(q[1], big, 4096) > 0);
  if (fork() == 0) {
    usleep(20000);
    read(q[0], big, 4096);
    _exit(0);
  }
  fd_set w;
  FD_ZERO(&w);
  FD_SET(q[1], &w);
  P("select for room", select(q[1] + 1, 0, &w, 0, 0));
  wait(0);
  // Two sleepers on one pipe both wake.
  pipe(p);
  for (int i = 0; i < 2; i++)
    if (fork() == 0) {
      struct pollfd v = {p[0], POLLIN};
      int r = poll(&v, 1, 5000);
      _exit(r == 1 && v.revents == POLLIN ? 7 : 1);
    }
  usleep(20000);
  write(p[1], "x", 1);
  for (int i = 0; i < 2; i++) {
    int st;
    wait(&st);
    printf("status %d\n", WEXITSTATUS(st));
  }
  return 0;
}
