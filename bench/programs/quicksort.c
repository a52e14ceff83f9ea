// Quicksort of pseudo-random integers.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
static uint32_t v[1000000];
static void sort(uint32_t *a, long lo, long hi) {
  while (lo < hi) {
    uint32_t pivot = a[(lo + hi) / 2];
    long i = lo, j = hi;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) { uint32_t t = a[i]; a[i++] = a[j]; a[j--] = t; }
    }
    if (j - lo < hi - i) { sort(a, lo, j); lo = i; } else { sort(a, i, hi); hi = j; }
  }
}
int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 4;
  uint32_t x = 2463534242u, sum = 0;
  for (int r = 0; r < rounds; r++) {
    for (int i = 0; i < 1000000; i++) { x ^= x << 13; x ^= x >> 17; x ^= x << 5; v[i] = x; }
    sort(v, 0, 999999);
    sum += v[500000] ^ v[r];
  }
  printf("%u\n", sum);
}
