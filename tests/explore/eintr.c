// A server over a Unix socket that takes an interrupted read for the end of its client. -DFIXED: it reads again.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static ssize_t get(int fd, char *to, size_t n) {
  for (;;) {
    ssize_t r = read(fd, to, n);
#ifdef FIXED
    if (r < 0 && errno == EINTR) continue;
#endif
    return r;
  }
}

static int serve(int fd) {
  char request;
  ssize_t r;
  while ((r = get(fd, &request, 1)) == 1) {
    request++;
    send(fd, &request, 1, MSG_NOSIGNAL);
  }
  return r < 0;
}

int main(void) {
  int ends[2], status;
  socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
  if (fork() == 0) {
    close(ends[0]);
    _exit(serve(ends[1]));
  }
  close(ends[1]);
  int answers = 0;
  for (char c = 'a'; c <= 'j'; c++) {
    char answer;
    if (send(ends[0], &c, 1, MSG_NOSIGNAL) != 1 || recv(ends[0], &answer, 1, 0) != 1 || answer != c + 1) break;
    answers++;
  }
  close(ends[0]);
  wait(&status);
  printf("%d answers, server ended with %d\n", answers, WEXITSTATUS(status));
  return answers != 10;
}
