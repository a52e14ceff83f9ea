// What a call says it has moved, by kind of file: some may be served in part, some only whole.
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define SHOW(what) fprintf(stderr, "%s %zd\n", #what, (ssize_t)(what))

int main(void) {
  static char b[20000];
  int stream[2], gram[2], p[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, stream);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, gram);
  pipe(p);
  struct iovec v[2] = {{b, 300}, {b + 300, 700}};
  struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
  SHOW(writev(stream[0], v, 2));
  SHOW(readv(stream[1], v, 2));
  SHOW(sendmsg(stream[0], &m, 0));
  SHOW(recvmsg(stream[1], &m, 0));
  SHOW(send(stream[0], b, 1000, 0));
  SHOW(recv(stream[1], b, 1000, 0));
  SHOW(sendmsg(gram[0], &m, 0));
  SHOW(recvmsg(gram[1], &m, 0));
  SHOW(write(gram[0], b, 1000));
  SHOW(read(gram[1], b, 1000));
  SHOW(write(p[1], b, 1000));
  SHOW(read(p[0], b, 1000));
  SHOW(write(p[1], b, 10000));
  int file = open("short.tmp", O_RDWR | O_CREAT, 0600);
  SHOW(pwrite(file, b, 10000, 0));
  ftruncate(file, 10000);
  SHOW(pread(file, b, 1000, 0));
  SHOW(preadv(file, v, 2, 0));
  off_t offset = 0;
  SHOW(sendfile(stream[0], file, &offset, 5000));
  SHOW(splice(file, &offset, p[1], NULL, 1000, 0));
  SHOW(getrandom(b, 256, 0));
  SHOW(getrandom(b, 2560, 0));
  int event = eventfd(3, 0);
  SHOW(read(event, b, 8));
  return 0;
}
