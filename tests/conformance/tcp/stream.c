// A stream arrives as it was sent, whatever the sizes of reads and writes: random ones, both ways at once, with options that
// change how it is cut.
#include "../inet/common.h"
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/uio.h>
struct side {
  int fd;
  unsigned seed, other;
  long total, got;
  int bad;
};
static unsigned rnd(unsigned *x) { return *x = *x * 1664525 + 1013904223, *x >> 8; }
static unsigned char at(unsigned seed, long i) { return (i * 2654435761u + seed) >> 13; }
static int size(unsigned *x) {
  static const int most[] = {1, 7, 100, 1500, 5000, 40000, 100000};
  return 1 + rnd(x) % most[rnd(x) % 7];
}
static void *writer(void *p) {
  struct side *s = p;
  unsigned x = s->seed;
  char *b = malloc(100001);
  for (long done = 0; done < s->total;) {
    int n = size(&x);
    if (n > s->total - done) n = s->total - done;
    for (int i = 0; i < n; i++) b[i] = at(s->seed, done + i);
    switch (rnd(&x) % 5) {
      case 0: set(s->fd, IPPROTO_TCP, TCP_NODELAY, rnd(&x) & 1); break;
      case 1: set(s->fd, IPPROTO_TCP, TCP_CORK, rnd(&x) & 1); break;
    }
    for (int w = 0; w < n;) {
      long r;
      if (rnd(&x) & 1) r = send(s->fd, b + w, n - w, rnd(&x) & 1 ? MSG_MORE : 0);
      else {
        int half = (n - w) / 2;
        r = writev(s->fd, (struct iovec[]){{b + w, half}, {b + w + half, n - w - half}}, 2);
      }
      if (r < 0) perror("send"), exit(1);
      w += r;
    }
    done += n;
  }
  shutdown(s->fd, SHUT_WR);
  free(b);
  return 0;
}
static void *reader(void *p) {
  struct side *s = p;
  unsigned x = s->seed ^ 0x5555;
  unsigned char *b = malloc(100001);
  for (;;) {
    int n = size(&x), flags = 0;
    if (rnd(&x) % 4 == 0) flags = MSG_WAITALL;
    if (rnd(&x) % 8 == 0) {
      long k = recv(s->fd, b, n, MSG_PEEK);
      for (long i = 0; i < k; i++) s->bad += b[i] != at(s->other, s->got + i);
    }
    long r = recv(s->fd, b, n, flags);
    if (r <= 0) break;
    for (long i = 0; i < r; i++) s->bad += b[i] != at(s->other, s->got + i);
    s->got += r;
  }
  free(b);
  return 0;
}
int main(void) {
  for (int round = 0; round < 6; round++) {
    int s[2];
    pair(s);
    if (round & 1) set(s[0], SOL_SOCKET, SO_RCVBUF, 3000 << round), set(s[1], SOL_SOCKET, SO_SNDBUF, 5000);
    struct side a = {s[0], 11 + round, 77 + round, 700000 + 1000 * round}, b = {s[1], 77 + round, 11 + round, 400000};
    pthread_t t[4];
    pthread_create(&t[0], 0, writer, &a);
    pthread_create(&t[1], 0, writer, &b);
    pthread_create(&t[2], 0, reader, &a);
    pthread_create(&t[3], 0, reader, &b);
    for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
    printf("round %d: %ld bad %d, %ld bad %d\n", round, a.got, a.bad, b.got, b.bad);
    close(s[0]), close(s[1]);
  }
  return 0;
}
