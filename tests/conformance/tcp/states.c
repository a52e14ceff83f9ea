// The states of both ends through every way of closing, as TCP_INFO tells them.
#include "../inet/common.h"
#include <linux/tcp.h>
static const char *names[] = {"?", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING"};
static const char *state(int fd) {
  struct tcp_info i;
  socklen_t n = sizeof i;
  memset(&i, 0, sizeof i);
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &n) < 0 ? strerror(errno) : names[i.tcpi_state];
}
static void both(const char *what, int s[2]) {
  settle();
  printf("%s: %s %s\n", what, state(s[0]), state(s[1]));
}
int main(void) {
  int s[2];
  char b[10];
  int l = listener(1);
  printf("listener %s\n", state(l));
  int f = socket(AF_INET, SOCK_STREAM, 0);
  printf("fresh %s\n", state(f));
  pair(s);
  both("connected", s);
  shutdown(s[0], SHUT_WR);
  both("one side shut", s);
  show("still", write(s[1], "abc", 3));
  show("read", read(s[0], b, 10));
  shutdown(s[1], SHUT_WR);
  both("both shut", s);
  close(s[0]), close(s[1]);
  pair(s);
  shutdown(s[0], SHUT_RD);
  both("reading shut", s);
  show("read", read(s[0], b, 10));
  write(s[1], "abc", 3);
  settle();
  show("data that come are read", read(s[0], b, 10));
  show("read", read(s[0], b, 10));
  ready("reading shut", s[0]);
  shutdown(s[0], SHUT_RDWR);
  both("all shut", s);
  show("the other writes", write(s[1], "abc", 3));
  both("then", s);
  close(s[0]), close(s[1]);
  // Both at once: what one sends has not arrived when the other closes.
  pair(s);
  set(s[0], IPPROTO_TCP, TCP_NODELAY, 1);
  struct tcp_info i;
  socklen_t n = sizeof i;
  getsockopt(s[0], IPPROTO_TCP, TCP_INFO, &i, &n);
  printf("info: options %x, scales are equal %d, advmss %d, pmtu %d\n", i.tcpi_options, i.tcpi_snd_wscale == i.tcpi_rcv_wscale, i.tcpi_advmss, i.tcpi_pmtu);
  write(s[0], "12345", 5);
  settle();
  read(s[1], b, 10);
  getsockopt(s[0], IPPROTO_TCP, TCP_INFO, &i, &n);
  printf("acked %llu, unacked %u, segments with data %u, sent %llu, retransmitted %u\n", (unsigned long long)i.tcpi_bytes_acked, i.tcpi_unacked, i.tcpi_data_segs_out, (unsigned long long)i.tcpi_bytes_sent, i.tcpi_total_retrans);
  n = sizeof i;
  getsockopt(s[1], IPPROTO_TCP, TCP_INFO, &i, &n);
  printf("received %llu, segments %u\n", (unsigned long long)i.tcpi_bytes_received, i.tcpi_data_segs_in);
  close(s[0]);
  settle();
  printf("peer closed: %s\n", state(s[1]));
  close(s[1]);

  puts("the port afterwards");
  l = listener(5);
  int port = port_of(l);
  struct sockaddr_in a = v4("127.0.0.1", port);
  f = socket(AF_INET, SOCK_STREAM, 0);
  connect(f, (void *)&a, sizeof a);
  int c = accept(l, 0, 0);
  close(l);
  close(c);
  settle();
  close(f);
  settle();
  l = socket(AF_INET, SOCK_STREAM, 0);
  show("bind in TIME_WAIT", bind(l, (void *)&a, sizeof a));
  set(l, SOL_SOCKET, SO_REUSEADDR, 1);
  show("with SO_REUSEADDR", bind(l, (void *)&a, sizeof a));
  show("listen", listen(l, 5));
  f = socket(AF_INET, SOCK_STREAM, 0);
  show("connect", connect(f, (void *)&a, sizeof a));

  puts("to itself");
  f = socket(AF_INET, SOCK_STREAM, 0);
  a.sin_port = 0;
  bind(f, (void *)&a, sizeof a);
  a.sin_port = htons(port_of(f));
  show("connect", connect(f, (void *)&a, sizeof a));
  printf("%s\n", state(f));
  show("write", write(f, "echo", 4));
  settle();
  show("read", read(f, b, 10));
  shutdown(f, SHUT_WR);
  settle();
  printf("%s\n", state(f));
  show("read", read(f, b, 10));
  return 0;
}
