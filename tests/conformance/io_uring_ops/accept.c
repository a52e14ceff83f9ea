// ACCEPT: waiting, multishot, direct, flags, cancelling; SOCKET, BIND, LISTEN, CONNECT, SHUTDOWN.
#include "common.h"
#include <sys/resource.h>
#define A_MULTI 1
#define A_DONTWAIT 2
#define A_POLL_FIRST 4
static struct sockaddr_in a;
static int client(void) {
  int c = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(c, (void *)&a, sizeof a) < 0) perror("connect");
  return c;
}
static int fresh(struct ring *r, const char *what) {
  struct io_uring_cqe c = wait_cqe(r);
  int fd = c.res;
  printf("%s: fd flags %x cloexec %d", what, fd < 0 ? -1 : fcntl(fd, F_GETFL), fd < 0 ? -1 : fcntl(fd, F_GETFD));
  c.res = fd < 0 ? fd : 0;
  print_cqe("", c);
  return fd;
}
int main(void) {
  struct ring r;
  ring_init(&r, 16, 0);
  int l = tcp_listener(&a), c, d;
  struct sockaddr_in from;
  socklen_t n = sizeof from;
  // one is there
  c = client();
  memset(&from, 0, sizeof from);
  sqe(&r, IORING_OP_ACCEPT, l, &from, 0, (uintptr_t)&n, 1);
  submit(&r);
  d = fresh(&r, "accept");
  printf("address length %u family %d ip %x\n", n, from.sin_family, ntohl(from.sin_addr.s_addr));
  close(c), close(d);
  // it must wait
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 2)->accept_flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  submit(&r);
  quiet(&r, "waits");
  c = client();
  d = fresh(&r, "accept");
  close(c), close(d);
  // more are there
  int cs[5];
  for (int i = 0; i < 3; i++) cs[i] = client();
  settle();
  for (int i = 0; i < 3; i++) sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 3);
  submit(&r);
  for (int i = 0; i < 3; i++) close(fresh(&r, "one of three")), close(cs[i]);
  // DONTWAIT, POLL_FIRST
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 4)->ioprio = A_DONTWAIT;
  go(&r, "dontwait", 1);
  c = client(), settle();
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 5)->ioprio = A_POLL_FIRST;
  submit(&r);
  close(fresh(&r, "poll first")), close(c);
  // refused
  sqe(&r, IORING_OP_ACCEPT, l, 0, 1, 0, 6);
  go(&r, "len", 1);
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 6)->buf_index = 1;
  go(&r, "buf_index", 1);
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 6)->ioprio = 8;
  go(&r, "ioprio", 1);
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 6)->accept_flags = 1;
  go(&r, "flags", 1);
  struct io_uring_sqe *q = sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 6);
  q->accept_flags = SOCK_CLOEXEC, q->file_index = 1;
  go(&r, "direct with cloexec", 1);
  q = sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 6);
  q->ioprio = A_MULTI, q->file_index = 1;
  go(&r, "multishot into one slot", 1);
  sqe(&r, IORING_OP_ACCEPT, 0, 0, 0, 0, 6);
  go(&r, "not a socket", 1);
  c = socket(AF_INET, SOCK_STREAM, 0);
  sqe(&r, IORING_OP_ACCEPT, c, 0, 0, 0, 6);
  go(&r, "not listening", 1);
  close(c);
  c = socket(AF_INET, SOCK_DGRAM, 0);
  sqe(&r, IORING_OP_ACCEPT, c, 0, 0, 0, 6);
  go(&r, "udp", 1);
  close(c);
  // a bad address: the connection is lost
  c = client(), settle();
  sqe(&r, IORING_OP_ACCEPT, l, (void *)8, 0, 8, 7);
  go(&r, "efault", 1);
  close(c);
  // multishot
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 8)->ioprio = A_MULTI;
  submit(&r);
  for (int i = 0; i < 3; i++) cs[i] = client(), close(fresh(&r, "multishot")), close(cs[i]);
  sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)8, 0, 0, 9);
  go(&r, "cancelled", 2);
  for (int i = 0; i < 3; i++) cs[i] = client();
  settle();
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 10)->ioprio = A_MULTI;
  submit(&r);
  for (int i = 0; i < 3; i++) close(fresh(&r, "three at once")), close(cs[i]);
  sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)10, 0, 0, 11);
  go(&r, "cancelled", 2);
  // no descriptor left ends it
  struct rlimit lim, keep;
  getrlimit(RLIMIT_NOFILE, &keep);
  for (int i = 0; i < 2; i++) cs[i] = client();
  settle();
  lim = keep, lim.rlim_cur = cs[1] + 2, setrlimit(RLIMIT_NOFILE, &lim);
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 12)->ioprio = A_MULTI;
  submit(&r);
  d = fresh(&r, "the last descriptor"), fresh(&r, "none left");
  setrlimit(RLIMIT_NOFILE, &keep);
  close(d), close(cs[0]), close(cs[1]);
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 13);
  submit(&r), d = fresh(&r, "the one that waited"), close(d);
  // direct
  int none[4] = {-1, -1, -1, -1};
  result("register files", reg(&r, IORING_REGISTER_FILES, none, 4));
  c = client(), settle();
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 14)->file_index = 2;
  go(&r, "into slot 1", 1);
  char b[16];
  write(c, "direct", 6), settle();
  sqe(&r, IORING_OP_RECV, 1, b, 16, 0, 15)->flags = IOSQE_FIXED_FILE;
  go(&r, "recv from slot 1", 1);
  close(c);
  c = client(), settle();
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 16)->file_index = 9;
  go(&r, "into slot 8 of 4", 1);
  close(c);
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 16)->file_index = 0xffffffff;
  submit(&r);
  c = client();
  show(&r, "into a free slot", 1);
  close(c);
  q = sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 17);
  q->ioprio = A_MULTI, q->file_index = 0xffffffff;
  submit(&r);
  for (int i = 0; i < 3; i++) cs[i] = client(), show(&r, "multishot into free slots", 1);
  for (int i = 0; i < 3; i++) close(cs[i]);
  // closing a slot
  struct { uint32_t offset, resv; uint64_t fds; } up = {1, 0, (uintptr_t)none};
  result("empty slot 1", reg(&r, IORING_REGISTER_FILES_UPDATE, &up, 1));
  sqe(&r, IORING_OP_RECV, 1, b, 16, 0, 19)->flags = IOSQE_FIXED_FILE;
  go(&r, "recv from slot 1", 1);
  // IOSQE_ASYNC
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 20)->flags = IOSQE_ASYNC;
  submit(&r);
  quiet(&r, "async");
  c = client();
  close(fresh(&r, "async")), close(c);
  // a shutdown listener ends it
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 21);
  submit(&r);
  settle();
  shutdown(l, SHUT_RDWR);
  show(&r, "shutdown", 1);
  // closing the descriptor does not
  l = tcp_listener(&a);
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 22);
  submit(&r);
  close(l);
  quiet(&r, "closed");
  c = client();
  close(fresh(&r, "accepted nevertheless")), close(c);
  // unix
  l = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un u = {AF_UNIX, "sock"};
  bind(l, (void *)&u, sizeof u), listen(l, 2);
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, 23)->ioprio = A_MULTI;
  submit(&r);
  for (int i = 0; i < 2; i++) {
    c = socket(AF_UNIX, SOCK_STREAM, 0);
    connect(c, (void *)&u, sizeof u);
    close(fresh(&r, "unix")), close(c);
  }
  ring_exit(&r);
}
