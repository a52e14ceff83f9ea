// Ways for everybody to sleep for ever, by the first argument.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
static struct {
  long before;
  pthread_mutex_t lock;
} second = {0, PTHREAD_MUTEX_INITIALIZER};
static int ends[2], other[2];

static void *hold(void *unused) {
  pthread_mutex_lock(&second.lock);
  pause();
  return NULL;
}

int main(int argc, char **argv) {
  char byte;
  const char *how = argc > 1 ? argv[1] : "";
  pipe(ends);
  socketpair(AF_UNIX, SOCK_STREAM, 0, other);
  if (!strcmp(how, "pipe")) return read(ends[0], &byte, 1);
  if (!strcmp(how, "pipes")) {
    if (fork() == 0) {
      close(ends[0]);
      return recv(other[1], &byte, 1, 0);
    }
    close(ends[1]);
    return read(ends[0], &byte, 1);
  }
  if (!strcmp(how, "full"))
    for (char page[4096] = {0};;) write(ends[1], page, sizeof page);
  if (!strcmp(how, "wait")) {
    if (fork() == 0) return pause();
    wait(NULL);
  }
  if (!strcmp(how, "epoll")) {
    struct epoll_event event = {.events = EPOLLIN};
    int ep = epoll_create1(0);
    epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &event);
    epoll_ctl(ep, EPOLL_CTL_ADD, other[0], &event);
    epoll_wait(ep, &event, 1, -1);
  }
  if (!strcmp(how, "poll")) {
    struct pollfd p[2] = {{ends[0], POLLIN}, {other[0], POLLIN | POLLPRI}};
    poll(p, 2, -1);
  }
  if (!strcmp(how, "select")) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    select(ends[0] + 1, &set, NULL, NULL, NULL);
  }
  if (!strcmp(how, "accept")) {
    struct sockaddr_un name = {AF_UNIX, "/tmp/door"};
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(s, (void *)&name, sizeof name);
    listen(s, 1);
    accept(s, NULL, NULL);
  }
  if (!strcmp(how, "flock")) {
    int a = open("/tmp/lockfile", O_RDWR | O_CREAT, 0600), b = open("/tmp/lockfile", O_RDWR);
    if (fork() == 0) {
      close(a);
      return pause();
    }
    flock(a, LOCK_EX);
    flock(b, LOCK_EX);
  }
  if (!strcmp(how, "mutex")) {
    pthread_t thread;
    pthread_create(&thread, NULL, hold, NULL);
    usleep(1000);
    pthread_mutex_lock(&second.lock);
  }
  if (!strcmp(how, "join")) {
    pthread_t thread;
    pthread_create(&thread, NULL, hold, NULL);
    pthread_join(thread, NULL);
  }
  return 0;
}
