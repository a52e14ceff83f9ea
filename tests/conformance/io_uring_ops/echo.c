// A small echo server: multishot accept, multishot receives into a ring of buffers, sends, cancelling; clients in other processes.
#include "common.h"
#define CLIENTS 6
#define BUFS 16
#define SIZE 512
enum { ACCEPT = 1, RECV, SEND, CANCEL };
static char mem[BUFS][SIZE];
static struct buf_ring br;
static struct ring r;
static struct { int open, pending; long bytes; } conn[64];
static uint64_t tag(int what, int fd, int bid) { return (uint64_t)what << 32 | fd << 16 | bid; }
static void receive(int fd) {
  struct io_uring_sqe *q = sqe(&r, IORING_OP_RECV, fd, 0, 0, 0, tag(RECV, fd, 0));
  q->ioprio = MULTISHOT, q->flags = IOSQE_BUFFER_SELECT, q->buf_group = 1;
}
static void client(struct sockaddr_in *a, int n) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(s, (void *)a, sizeof *a) < 0) _exit(2);
  char out[3000], in[3000];
  for (int round = 0; round < 5; round++) {
    size_t len = 100 + 500 * n + 7 * round, got = 0;
    for (size_t i = 0; i < len; i++) out[i] = 'a' + (i + n + round) % 26;
    if (send(s, out, len, 0) != (ssize_t)len) _exit(3);
    while (got < len) {
      ssize_t k = recv(s, in + got, sizeof in - got, 0);
      if (k <= 0) _exit(4);
      got += k;
    }
    if (got != len || memcmp(in, out, len)) _exit(5);
  }
  shutdown(s, SHUT_WR);
  _exit(recv(s, in, 1, 0) == 0 ? 0 : 6);
}
static void done(int fd) {
  if (conn[fd].open == 2 && conn[fd].pending == 0) close(fd), conn[fd].open = 0;
}
int main(void) {
  struct sockaddr_in a;
  int l = tcp_listener(&a), accepted = 0, ended = 0;
  long total = 0;
  ring_init(&r, 64, IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SINGLE_ISSUER);
  br_init(&r, &br, BUFS, 1, 0);
  for (int i = 0; i < BUFS; i++) br_add(&br, mem[i], SIZE, i);
  for (int i = 0; i < CLIENTS; i++)
    if (!fork()) client(&a, i);
  sqe(&r, IORING_OP_ACCEPT, l, 0, 0, 0, tag(ACCEPT, l, 0))->ioprio = 1;
  submit(&r);
  while (ended < CLIENTS) {
    struct io_uring_cqe c = wait_cqe(&r);
    int what = c.user_data >> 32, fd = c.user_data >> 16 & 0xffff, bid = c.flags >> 16;
    if (what == ACCEPT) {
      if (c.res < 0) printf("accept: %s\n", strerror(-c.res)), exit(1);
      accepted++, conn[c.res].open = 1, conn[c.res].bytes = 0, receive(c.res);
    } else if (what == RECV) {
      if (c.res > 0) {
        total += c.res, conn[fd].bytes += c.res, conn[fd].pending++;
        sqe(&r, IORING_OP_SEND, fd, mem[bid], c.res, 0, tag(SEND, fd, bid))->msg_flags = MSG_WAITALL;
      }
      if (c.res == -ENOBUFS) receive(fd);
      else if (c.res <= 0) conn[fd].open = 2, ended++, done(fd);
      else if (!(c.flags & F_MORE)) receive(fd);
    } else if (what == SEND) {
      if (c.res <= 0) printf("send: %d\n", c.res), exit(1);
      br_add(&br, mem[c.user_data & 0xffff], SIZE, c.user_data & 0xffff);
      conn[fd].pending--, done(fd);
    }
    submit(&r);
  }
  sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)tag(ACCEPT, l, 0), 0, 0, tag(CANCEL, 0, 0)), submit(&r);
  for (int left = 2; left;) {
    struct io_uring_cqe c = wait_cqe(&r);
    int what = c.user_data >> 32, fd = c.user_data >> 16 & 0xffff;
    if (what == SEND) conn[fd].pending--, done(fd);
    else if (what == CANCEL) left--, printf("cancel %d\n", c.res);
    else if (what == ACCEPT) left--, printf("accept %s\n", strerror(-c.res));
  }
  int ok = 0, st;
  for (int i = 0; i < CLIENTS; i++) wait(&st), ok += st == 0;
  printf("accepted %d, %ld bytes, clients content %d\n", accepted, total, ok);
}
