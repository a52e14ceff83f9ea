// Blocked readers and writers of an eventfd, a pipe and a listener: how many one event wakes.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#define N 5
static int fd, p[2], listener, back[2];
static void tell(char c) { write(back[1], &c, 1); }
static void hear(const char *what, int n) {
  char b[64] = "";
  for (int i = 0; i < n; i++) read(back[0], b + i, 1);
  printf("%s: %s\n", what, b);
}
// Nobody else has done anything: all threads sleep, and none has told.
static void quiet(void) {
  struct pollfd q = {back[0], POLLIN, 0};
  printf("  more: %d\n", poll(&q, 1, 30));
}
static void *take(void *x) {
  uint64_t v;
  if (read(fd, &v, 8) == 8) tell('0' + (char)v);
  return NULL;
}
static void *give(void *x) {
  uint64_t v = 2;
  if (write(fd, &v, 8) == 8) tell('w');
  return NULL;
}
static void *byte(void *x) {
  char c;
  tell(read(p[0], &c, 1) == 1 ? 'r' : 'e');
  return NULL;
}
static void *take_connection(void *x) {
  int c = accept(listener, NULL, NULL);
  tell(c >= 0 ? 'a' : 'e');
  return NULL;
}
static pthread_t t[N];
static void start(void *(*f)(void *)) {
  for (int i = 0; i < N; i++) pthread_create(&t[i], NULL, f, NULL);
  usleep(20000);
}
static void join(void) {
  for (int i = 0; i < N; i++) pthread_join(t[i], NULL);
}
int main(void) {
  pipe(back);
  pipe(p);
  uint64_t v = 1;
  fd = eventfd(0, EFD_SEMAPHORE);
  start(take);
  for (int i = 0; i < 2; i++) {
    write(fd, &v, 8);
    hear("one for one", 1);
    quiet();
  }
  v = 3;
  write(fd, &v, 8);
  hear("three for three", 3);
  join();
  close(fd);
  fd = eventfd(0, 0);
  start(take);
  for (int i = 0; i < N; i++) {
    v = i + 1;
    write(fd, &v, 8);
    hear("the sum to one", 1);
    if (i == 0) quiet();
  }
  join();
  v = 0xfffffffffffffffe;
  write(fd, &v, 8);
  start(give);
  quiet();
  read(fd, &v, 8);
  hear("all fit", N);
  join();
  start(byte);
  write(p[1], "x", 1);
  hear("one byte", 1);
  quiet();
  write(p[1], "xy", 2);
  hear("two bytes", 2);
  quiet();
  close(p[1]);
  hear("end for the rest", N - 3);
  join();
  struct sockaddr_un a = {AF_UNIX, "l"};
  listener = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(listener, (void *)&a, sizeof a);
  listen(listener, 10);
  start(take_connection);
  for (int i = 0; i < 2; i++) {
    connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, sizeof a);
    hear("one connection", 1);
    quiet();
  }
  shutdown(listener, SHUT_RDWR);
  hear("shut down", N - 2);
  join();
  unlink("l");
  return 0;
}
