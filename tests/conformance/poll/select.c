// select: sets, exceptional conditions, errors, high numbers.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../print.h"
int main(void) {
  int p[2], q[2];
  pipe(p);
  pipe(q);
  fd_set r, w, e;
  struct timeval z = {0, 0};
#define SETS              \
  memset(&r, 0, sizeof r); \
  memset(&w, 0, sizeof w); \
  memset(&e, 0, sizeof e)
#define SHOW                                                                                                                  \
  for (int i = 0; i < 10; i++)                                                                                                \
    if (FD_ISSET(i, &r) || FD_ISSET(i, &w) || FD_ISSET(i, &e)) printf(" %d:%d%d%d", i, !!FD_ISSET(i, &r), !!FD_ISSET(i, &w), !!FD_ISSET(i, &e)); \
  printf("\n")
  SETS;
  FD_SET(p[0], &r);
  FD_SET(p[1], &w);
  FD_SET(q[0], &r);
  FD_SET(q[1], &w);
  FD_SET(p[0], &e);
  P("empty", select(10, &r, &w, &e, &z));
  SHOW;
  write(p[1], "a", 1);
  SETS;
  FD_SET(p[0], &r);
  FD_SET(p[0], &w);
  FD_SET(p[0], &e);
  FD_SET(q[0], &r);
  P("data", select(10, &r, &w, &e, &z));
  SHOW;
  close(q[1]);
  SETS;
  FD_SET(q[0], &r);
  FD_SET(q[0], &w);
  FD_SET(q[0], &e);
  P("hang-up", select(10, &r, &w, &e, &z));
  SHOW;
  close(p[0]);
  SETS;
  FD_SET(p[1], &r);
  FD_SET(p[1], &w);
  FD_SET(p[1], &e);
  P("error", select(10, &r, &w, &e, &z));
  SHOW;
  SETS;
  FD_SET(p[0], &r);
  FD_SET(p[1], &w);
  P("closed", select(10, &r, &w, &e, &z));
  SHOW;
  SETS;
  FD_SET(9, &r);
  P("beyond n", select(9, &r, &w, &e, &z));
  SHOW;
  FD_SET(9, &r);
  P("unused number", select(10, &r, &w, &e, &z));
  P("n 0", select(0, 0, 0, 0, &z));
  P("n -1", select(-1, 0, 0, 0, &z));
  P("fault", select(1, (fd_set *)8, 0, 0, &z));
  int h = fcntl(p[1], F_DUPFD, 100);
  SETS;
  FD_SET(h, &w);
  P("high", select(h + 1, 0, &w, 0, &z));
  printf("%d\n", !!FD_ISSET(h, &w));
  int f = open("file", O_CREAT | O_RDWR, 0600);
  SETS;
  FD_SET(f, &r);
  FD_SET(f, &w);
  FD_SET(f, &e);
  P("file", select(10, &r, &w, &e, 0));
  SHOW;
  return 0;
}
