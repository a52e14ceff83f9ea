// Files and pipes to sockets and back without read and write.
#include "../inet/common.h"
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <pthread.h>
#define SIZE 3000000
static char data[SIZE], in[SIZE];
static int s[2];
static void *take(void *p) {
  long got = 0, r, want = *(long *)p;
  memset(in, 0, sizeof in);
  while (got < want && (r = read(s[1], in + got, want - got)) > 0) got += r;
  return (void *)got;
}
int main(void) {
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, 0, _IOLBF, 0);
  for (int i = 0; i < SIZE; i++) data[i] = i * 31 + (i >> 8) + (i >> 16);
  int f = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
  write(f, data, SIZE);
  pair(s);
  pthread_t t;
  long want = SIZE;
  void *got;
  off_t at = 0;
  pthread_create(&t, 0, take, &want);
  show("all of a file", sendfile(s[0], f, &at, SIZE));
  pthread_join(t, &got);
  printf("got %ld, same %d, offset %ld\n", (long)got, memcmp(in, data, SIZE) == 0, (long)at);
  at = 100;
  show("a part", sendfile(s[0], f, &at, 5000));
  want = 5000;
  take(&want);
  printf("same %d, offset %ld\n", memcmp(in, data + 100, 5000) == 0, (long)at);
  lseek(f, SIZE - 10, SEEK_SET);
  show("to the end by the file's position", sendfile(s[0], f, 0, 100));
  show("nothing more", sendfile(s[0], f, 0, 100));
  show("read", read(s[1], in, 100));
  // What is changed in the file after it was sent but before it is read: the page is shared, or was read. Not shown.
  fcntl(s[0], F_SETFL, O_NONBLOCK);
  at = 0;
  long total = 0, r;
  while ((r = sendfile(s[0], f, &at, SIZE)) > 0 && total < 20 * SIZE) total += r, at = at == SIZE ? 0 : at;
  show("full", r);
  printf("offset tells %d\n", total % SIZE == at);
  want = total % SIZE;
  for (long n = total / SIZE; n > 0; n--) {
    long one = SIZE;
    take(&one);
    if (memcmp(in, data, SIZE)) puts("differs");
  }
  take(&want);
  printf("rest same %d\n", memcmp(in, data, want) == 0);
  show("from a socket", sendfile(1, s[1], 0, 10));

  puts("pipes");
  int p[2];
  pipe(p);
  fcntl(s[0], F_SETFL, 0);
  write(p[1], data, 10000);
  show("pipe to socket", splice(p[0], 0, s[0], 0, 10000, 0));
  settle();
  show("socket to pipe", splice(s[1], 0, p[1], 0, 4000, 0));
  show("read", read(p[0], in, 10000));
  printf("same %d\n", memcmp(in, data, 4000) == 0);
  show("rest", splice(s[1], 0, p[1], 0, 100000, 0));
  show("read", read(p[0], in, 10000));
  printf("same %d\n", memcmp(in, data + 4000, 6000) == 0);
  fcntl(s[1], F_SETFL, O_NONBLOCK);
  show("nothing there", splice(s[1], 0, p[1], 0, 10, SPLICE_F_NONBLOCK));
  fcntl(s[1], F_SETFL, 0);
  show("offset", splice(s[1], (void *)&at, p[1], 0, 10, 0));
  shutdown(s[0], SHUT_WR);
  show("end", splice(s[1], 0, p[1], 0, 10, 0));
  write(p[1], "x", 1);
  show("to a closed side", splice(p[0], 0, s[0], 0, 1, 0));
  show("sendfile to it", sendfile(s[0], f, 0, 0));
  at = 0;
  show("sendfile to it", sendfile(s[0], f, &at, 10));
  unlink("data");
  return 0;
}
