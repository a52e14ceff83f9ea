// A server that takes it for granted that write writes everything. -DFIXED: it goes on with the rest.
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPLY = 3000 };

static void serve(int fd) {
  char reply[REPLY], request;
  memset(reply, 'x', sizeof reply);
  while (recv(fd, &request, 1, 0) == 1) {
    size_t sent = 0;
#ifdef FIXED
    while (sent < sizeof reply)
#endif
      sent += write(fd, reply + sent, sizeof reply - sent);
  }
}

int main(void) {
  int ends[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
  if (fork() == 0) {
    close(ends[0]);
    serve(ends[1]);
    _exit(0);
  }
  close(ends[1]);
  int replies = 0;
  for (; replies < 5; replies++) {
    char buffer[REPLY];
    send(ends[0], "?", 1, MSG_NOSIGNAL);
    if (recv(ends[0], buffer, sizeof buffer, MSG_WAITALL) != REPLY) break;
  }
  close(ends[0]);
  wait(NULL);
  printf("%d replies\n", replies);
  return replies != 5;
}
