// Several writers and readers at one pipe: small writes stay whole.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#define N 200
int main(void) {
  int p[2], q[2];
  pipe(p);
  pipe(q);
  for (int c = 0; c < 4; c++)
    if (fork() == 0) {
      char rec[100];
      memset(rec, 'a' + c, sizeof rec);
      for (int i = 0; i < N; i++) write(p[1], rec, sizeof rec);
      _exit(0);
    }
  close(p[1]);
  for (int r = 0; r < 3; r++)
    if (fork() == 0) {
      char rec[100];
      int count[4] = {0}, torn = 0;
      while (read(p[0], rec, sizeof rec) == sizeof rec) {
        for (int i = 1; i < 100; i++) torn += rec[i] != rec[0];
        count[rec[0] - 'a']++;
      }
      int out[5] = {count[0], count[1], count[2], count[3], torn};
      write(q[1], out, sizeof out);
      _exit(0);
    }
  int sum[5] = {0}, in[5];
  for (int r = 0; r < 3; r++) {
    read(q[0], in, sizeof in);
    for (int i = 0; i < 5; i++) sum[i] += in[i];
  }
  while (wait(0) > 0);
  printf("%d %d %d %d torn %d\n", sum[0], sum[1], sum[2], sum[3], sum[4]);
  return 0;
}
