// LZ77 compression and decompression with a hash of three-byte sequences.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
enum { N = 1 << 20 };
static uint8_t in[N], packed[N * 2], out[N + 300];
static int32_t head[1 << 14];
int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 40;
  static const char *words[] = {"the ", "kernel ", "reads ", "a ", "page ", "of ", "memory ", "and ", "returns ", "to ", "user ", "space. "};
  uint32_t x = 1, n = 0, sum = 0;
  while (n < N) { x = x * 1664525 + 1013904223; const char *w = words[(x >> 24) % 12]; while (*w && n < N) in[n++] = *w++; if ((x >> 20) % 7 == 0 && n < N) in[n++] = x >> 16; }
  for (int r = 0; r < rounds; r++) {
    uint32_t o = 0;
    memset(head, 0xff, sizeof head);
    for (uint32_t i = 0; i < N;) {
      uint32_t best = 0, dist = 0;
      if (i + 3 < N) {
        uint32_t hash = ((in[i] << 16 | in[i + 1] << 8 | in[i + 2]) * 2654435761u) >> 18;
        int32_t p = head[hash];
        head[hash] = i;
        if (p >= 0 && i - p < 65535) { while (best < 255 && i + best < N && in[p + best] == in[i + best]) best++; dist = i - p; }
      }
      if (best >= 4) { packed[o++] = best; packed[o++] = dist; packed[o++] = dist >> 8; i += best; }
      else { packed[o++] = 0; packed[o++] = in[i++]; }
    }
    uint32_t d = 0;
    for (uint32_t i = 0; i < o;) {
      uint32_t len = packed[i++];
      if (len == 0) out[d++] = packed[i++];
      else { uint32_t dist = packed[i] | packed[i + 1] << 8; i += 2; for (uint32_t j = 0; j < len; j++, d++) out[d] = out[d - dist]; }
    }
    if (d != N || memcmp(in, out, N)) return puts("bad"), 1;
    sum += o;
  }
  printf("%u\n", sum);
}
