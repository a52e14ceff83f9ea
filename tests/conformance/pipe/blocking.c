// Blocking reads and writes between processes: large writes, order, partial writes and signals.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
static char big[300000], in[300000];
static void h(int s) {}
int main(void) {
  int p[2], q[2];
  for (int i = 0; i < sizeof big; i++) big[i] = i * 7 + i / 251;
  pipe(p);
  pipe(q);
  setbuf(stdout, 0);
  if (fork() == 0) {
    close(p[1]);
    long total = 0, n;
    int bad = 0;
    char b[3000];
    while ((n = read(p[0], b, sizeof b)) > 0) {
      for (int i = 0; i < n; i++) bad += b[i] != big[total + i];
      total += n;
    }
    printf("child read %ld bad %d\n", total, bad);
    _exit(0);
  }
  close(p[0]);
  printf("write %zd\n", write(p[1], big, sizeof big));
  close(p[1]);
  wait(0);
  // A writer interrupted in the middle returns what it has written; before anything, EINTR.
  pipe(p);
  struct sigaction sa = {.sa_handler = h};
  sigaction(SIGALRM, &sa, 0);
  alarm(1);
  ssize_t n = write(p[1], big, 100000);
  printf("interrupted write %zd\n", n);
  alarm(1);
  n = write(p[1], big, 100);
  P("nothing written", n);
  alarm(1);
  n = read(q[0], in, 1);
  P("interrupted read", n);
  sa.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &sa, 0);
  if (fork() == 0) {
    sleep(2);
    write(q[1], "late", 4);
    _exit(0);
  }
  alarm(1);
  n = read(q[0], in, 10);
  printf("restarted read %zd\n", n);
  wait(0);
  // A reader wakes as soon as there is something.
  if (fork() == 0) {
    for (int i = 0; i < 3; i++) {
      usleep(1000);
      write(q[1], "abc", 3);
      char c;
    }
    _exit(0);
  }
  int total = 0;
  while (total < 9) {
    n = read(q[0], in, 100);
    total += n;
  }
  printf("total %d\n", total);
  wait(0);
  return 0;
}
