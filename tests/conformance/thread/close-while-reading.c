// Closing a descriptor does not wake who reads from it: the file stays open for the sleeper.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
static int p[2], q[2], s[2];
static volatile int state[3];
static void *reader(void *arg) {
  int i = (long)arg;
  int fd = i == 0 ? p[0] : i == 1 ? q[0] : s[0];
  char b = 0;
  state[i] = 1;
  long r = i == 1 ? poll(&(struct pollfd){fd, POLLIN}, 1, 400) : read(fd, &b, 1);
  state[i] = 2;
  return (void *)(r << 8 | (unsigned char)b);
}
int main(void) {
  pthread_t t[3];
  pipe(p), pipe(q);
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  for (long i = 0; i < 3; i++) {
    pthread_create(&t[i], 0, reader, (void *)i);
    while (!state[i]) usleep(1000);
  }
  usleep(50000);
  close(p[0]), close(q[0]), close(s[0]);
  usleep(50000);
  printf("after close: %d %d %d\n", state[0], state[1], state[2]);
  char b;
  long r = read(p[0], &b, 1);
  printf("the number is free: %ld %d\n", r, errno == EBADF);
  // The pipe still has a reader, so this is no SIGPIPE, and the sleeper gets it.
  printf("writes: %zd %zd\n", write(p[1], "x", 1), write(s[1], "y", 1));
  void *v;
  for (int i = 0; i < 3; i++) {
    if (i == 1) printf("poll sees the pipe it began with: write %zd\n", write(q[1], "z", 1));
    pthread_join(t[i], &v);
    printf("reader %d: r=%ld byte=%c\n", i, (long)v >> 8, (int)((long)v & 0xff) ?: '-');
  }
  signal(13, (void *)1);
  r = write(p[1], "x", 1);
  printf("now nobody: %ld %d\n", r, errno == EPIPE);
  return 0;
}
