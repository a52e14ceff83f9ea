// Open-addressing hash table: inserts, hits and misses.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
enum { SIZE = 1 << 20 };
static uint64_t keys[SIZE], values[SIZE];
static uint64_t mix(uint64_t x) { x ^= x >> 33; x *= 0xff51afd7ed558ccdull; x ^= x >> 33; x *= 0xc4ceb9fe1a85ec53ull; return x ^ x >> 33; }
static uint64_t *find(uint64_t key) {
  for (uint64_t i = mix(key);; i++) {
    uint64_t s = i & (SIZE - 1);
    if (keys[s] == key) return &values[s];
    if (keys[s] == 0) { keys[s] = key; return &values[s]; }
  }
}
int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 12;
  uint64_t sum = 0;
  for (int r = 0; r < rounds; r++)
    for (uint64_t i = 1; i <= 500000; i++) { uint64_t *v = find(i * 2654435761u % 600011 + 1); *v += i; sum ^= *v; }
  printf("%lu\n", sum);
}
