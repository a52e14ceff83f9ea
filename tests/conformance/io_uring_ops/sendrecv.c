// SEND and RECV: short, blocking, WAITALL, poll first, flags that are refused.
#include "common.h"
static char big[1 << 20];
int main(void) {
  struct ring r;
  int s[2];
  char b[64] = {0};
  ring_init(&r, 16, 0);
  for (int tcp = 0; tcp < 2; tcp++) {
    printf("%s\n", tcp ? "tcp" : "unix");
    tcp ? tcp_pair(s) : pair(s, SOCK_STREAM);
    sqe(&r, IORING_OP_SEND, s[0], "hello", 5, 0, 1);
    go(&r, "send", 1);
    sqe(&r, IORING_OP_RECV, s[1], b, sizeof b, 0, 2);
    go(&r, "recv", 1);
    printf("%.5s\n", b);
    // a receive that must wait
    sqe(&r, IORING_OP_RECV, s[1], b, 3, 0, 3);
    result("submit", submit(&r));
    quiet(&r, "waits");
    write(s[0], "abcdef", 6);
    show(&r, "recv of 3", 1);
    printf("%.3s\n", b);
    sqe(&r, IORING_OP_RECV, s[1], b, 3, 0, 4);
    go(&r, "the rest", 1);
    // MSG_DONTWAIT
    sqe(&r, IORING_OP_RECV, s[1], b, 3, 0, 5)->msg_flags = MSG_DONTWAIT;
    go(&r, "dontwait", 1);
    // MSG_WAITALL over several pieces
    sqe(&r, IORING_OP_RECV, s[1], b, 12, 0, 6)->msg_flags = MSG_WAITALL;
    submit(&r);
    write(s[0], "1234", 4), settle();
    quiet(&r, "waitall after 4");
    write(s[0], "5678", 4), settle();
    quiet(&r, "waitall after 8");
    write(s[0], "9abc", 4);
    show(&r, "waitall", 1);
    printf("%.12s\n", b);
    // MSG_PEEK
    write(s[0], "peek", 4), settle();
    sqe(&r, IORING_OP_RECV, s[1], b, 64, 0, 7)->msg_flags = MSG_PEEK;
    go(&r, "peek", 1);
    // POLL_FIRST with data there, and NONEMPTY
    sqe(&r, IORING_OP_RECV, s[1], b, 2, 0, 8)->ioprio = POLL_FIRST;
    go(&r, "poll first", 1);
    sqe(&r, IORING_OP_RECV, s[1], b, 2, 0, 9)->ioprio = POLL_FIRST;
    go(&r, "poll first", 1);
    sqe(&r, IORING_OP_SEND, s[0], "pf", 2, 0, 10)->ioprio = POLL_FIRST;
    go(&r, "send poll first", 1);
    sqe(&r, IORING_OP_RECV, s[1], b, 64, 0, 11);
    go(&r, "recv", 1);
    // a send larger than the socket's buffer completes when the other side has read enough
    memset(big, 'x', sizeof big);
    sqe(&r, IORING_OP_SEND, s[0], big, sizeof big, 0, 12)->msg_flags = MSG_WAITALL;
    result("submit big", submit(&r));
    size_t got = 0;
    static char sink[65536];
    while (got < sizeof big) {
      ssize_t n = read(s[1], sink, sizeof sink);
      if (n <= 0) break;
      got += n;
      enter(&r, 0, 0, IORING_ENTER_GETEVENTS);
    }
    printf("got %zu\n", got);
    show(&r, "big send", 1);
    // zero lengths
    sqe(&r, IORING_OP_SEND, s[0], b, 0, 0, 13);
    go(&r, "send of none", 1);
    // bad addresses
    sqe(&r, IORING_OP_SEND, s[0], (void *)8, 8, 0, 14);
    go(&r, "send efault", 1);
    write(s[0], "q", 1), settle();
    sqe(&r, IORING_OP_RECV, s[1], (void *)8, 8, 0, 15);
    go(&r, "recv efault", 1);
    sqe(&r, IORING_OP_RECV, s[1], b, 8, 0, 15);
    go(&r, "recv after", 1);
    // refused
    sqe(&r, IORING_OP_SEND, s[0], b, 1, 0, 16)->ioprio = 0x8000;
    go(&r, "ioprio unknown", 1);
    sqe(&r, IORING_OP_RECV, s[1], b, 1, 0, 17)->ioprio = 0x8000;
    go(&r, "ioprio unknown", 1);
    write(s[0], "z", 1), settle();
    sqe(&r, IORING_OP_RECV, s[1], b, 1, 0, 18)->ioprio = BUNDLE;
    go(&r, "bundle without buffers", 1);
    sqe(&r, IORING_OP_SEND, s[0], b, 1, 0, 19)->ioprio = BUNDLE;
    go(&r, "bundle without buffers", 2);
    sqe(&r, IORING_OP_RECV, s[1], b, 1, 0, 20)->ioprio = MULTISHOT;
    go(&r, "multishot without buffers", 1);
    sqe(&r, IORING_OP_RECV, s[1], b, 1, 5, 21);
    go(&r, "recv with addr2", 1);
    sqe(&r, IORING_OP_RECV, s[1], b, 1, 0, 22)->file_index = 5;
    go(&r, "recv with file_index", 1);
    sqe(&r, IORING_OP_SEND, s[0], b, 1, 0, 23)->ioprio = FIXED_BUF;
    go(&r, "send fixed", 1);
    sqe(&r, IORING_OP_SEND, s[0], b, 1, 0, 23)->ioprio = MULTISHOT;
    go(&r, "send multishot", 1);
    // end of stream, and a broken pipe without a signal
    shutdown(s[0], SHUT_WR);
    settle();
    while (recv(s[1], b, 64, MSG_DONTWAIT) > 0) ;
    sqe(&r, IORING_OP_RECV, s[1], b, 8, 0, 24);
    go(&r, "eof", 1);
    sqe(&r, IORING_OP_SEND, s[0], "x", 1, 0, 25)->msg_flags = MSG_NOSIGNAL;
    go(&r, "broken", 1);
    sqe(&r, IORING_OP_SEND, s[0], "x", 1, 0, 26);
    go(&r, "broken, no signal either", 1);
    close(s[0]), close(s[1]);
  }
  // not sockets
  int p[2];
  pipe(p);
  sqe(&r, IORING_OP_SEND, p[1], "x", 1, 0, 30);
  go(&r, "pipe", 1);
  sqe(&r, IORING_OP_RECV, p[0], b, 1, 0, 31);
  go(&r, "pipe", 1);
  sqe(&r, IORING_OP_RECV, 99, b, 1, 0, 32);
  go(&r, "bad fd", 1);
  // udp with an address: sendto
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0);
  socklen_t n = sizeof a;
  bind(u, (void *)&a, sizeof a), getsockname(u, (void *)&a, &n);
  struct io_uring_sqe *q = sqe(&r, IORING_OP_SEND, v, "datagram", 8, (uintptr_t)&a, 33);
  ((uint16_t *)&q->splice_fd_in)[0] = sizeof a;
  go(&r, "sendto", 1);
  sqe(&r, IORING_OP_RECV, u, b, 4, 0, 34);
  go(&r, "truncated", 1);
  q = sqe(&r, IORING_OP_SEND, v, "datagram", 8, (uintptr_t)&a, 33);
  ((uint16_t *)&q->splice_fd_in)[0] = sizeof a;
  go(&r, "sendto", 1);
  sqe(&r, IORING_OP_RECV, u, b, 4, 0, 34)->msg_flags = MSG_TRUNC;
  go(&r, "MSG_TRUNC", 1);
  q = sqe(&r, IORING_OP_SEND, v, "datagram", 8, 8, 35);
  ((uint16_t *)&q->splice_fd_in)[0] = sizeof a;
  go(&r, "sendto efault", 1);
  q = sqe(&r, IORING_OP_SEND, v, "datagram", 8, (uintptr_t)&a, 36);
  ((uint16_t *)&q->splice_fd_in)[0] = 200;
  go(&r, "sendto address too long", 1);
  sqe(&r, IORING_OP_SEND, v, "datagram", 8, 0, 37);
  go(&r, "not connected", 1);
  // O_NONBLOCK
  pair(s, SOCK_STREAM | SOCK_NONBLOCK);
  sqe(&r, IORING_OP_RECV, s[0], b, 1, 0, 38);
  submit(&r);
  quiet(&r, "a nonblocking socket waits as well");
  write(s[1], "n", 1);
  show(&r, "nonblocking socket", 1);
}
