/* Touches so many MiB, then goes on writing to the first of them: memory for bench/time.mjs. */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
  size_t words = (size_t)atoi(argv[argc - 1]) << 17;
  volatile uint64_t *p = malloc(words * 8);
  uint64_t x = 88172645463325252u;
  for (size_t i = 0; i < words; i++) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    p[i] = x;
  }
  for (uint64_t n = 1;; n++) {
    for (size_t i = 0; i < 1 << 17; i++) p[i] += n;
    if (n % 64 == 0) write(1, ".", 1);
  }
}
