// Sieve of Eratosthenes, repeated.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static unsigned char flags[2000001];
int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 25, count = 0;
  for (int r = 0; r < rounds; r++) {
    memset(flags, 1, sizeof flags);
    count = 0;
    for (int i = 2; i <= 2000000; i++)
      if (flags[i]) {
        count++;
        for (long j = (long)i * i; j <= 2000000; j += i) flags[j] = 0;
      }
  }
  printf("%d\n", count);
}
