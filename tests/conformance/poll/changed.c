// What poll and select were asked is taken once: changes that another thread makes meanwhile do not count.
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>
static struct pollfd polled[2];
static fd_set set;
static int p[2], q[2];
static void *change(void *how) {
  usleep(20000);
  if (how) {
    FD_ZERO(&set);
  } else {
    polled[0].fd = -1;
    polled[1].fd = q[0];
    polled[1].events = POLLIN;
  }
  write(q[1], "y", 1);
  usleep(20000);
  write(p[1], "x", 1);
  return 0;
}
int main(void) {
  pthread_t t;
  char c;
  pipe(p);
  pipe(q);
  polled[0] = (struct pollfd){p[0], POLLIN, 0};
  polled[1] = (struct pollfd){-1, POLLIN, 7};
  pthread_create(&t, 0, change, 0);
  int n = poll(polled, 2, 3000);
  printf("poll %d: %x %x\n", n, polled[0].revents, polled[1].revents);
  pthread_join(t, 0);
  read(p[0], &c, 1);
  read(q[0], &c, 1);
  FD_ZERO(&set);
  FD_SET(p[0], &set);
  struct timeval most = {3, 0};
  pthread_create(&t, 0, change, &p);
  n = select(q[1] + 1, &set, 0, 0, &most);
  printf("select %d: %d\n", n, FD_ISSET(p[0], &set) != 0);
  pthread_join(t, 0);
  return 0;
}
