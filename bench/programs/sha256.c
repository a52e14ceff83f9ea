// SHA-256 of a generated stream (FIPS 180-4).
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <math.h>
static uint32_t k[64], h[8];
static uint32_t ror(uint32_t x, int n) { return x >> n | x << (32 - n); }
static void block(const uint8_t *p) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++) w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 64; i++)
    w[i] = w[i - 16] + w[i - 7] + (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) + (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
  for (int i = 0; i < 8; i++) s[i] = h[i];
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
    uint32_t t2 = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    for (int j = 7; j > 0; j--) s[j] = s[j - 1];
    s[4] += t1;
    s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) h[i] += s[i];
}
int main(int argc, char **argv) {
  int n = 0, blocks = argc > 1 ? atoi(argv[1]) : 400000;
  for (int p = 2; n < 64; p++) {
    int prime = 1;
    for (int d = 2; d * d <= p; d++) if (p % d == 0) prime = 0;
    if (!prime) continue;
    double c = cbrt(p), q = sqrt(p);
    k[n] = (uint32_t)((c - floor(c)) * 4294967296.0);
    if (n < 8) h[n] = (uint32_t)((q - floor(q)) * 4294967296.0);
    n++;
  }
  uint8_t b[64];
  for (int i = 0; i < blocks; i++) {
    for (int j = 0; j < 64; j++) b[j] = i * 31 + j;
    block(b);
  }
  for (int i = 0; i < 8; i++) printf("%08x", h[i]);
  puts("");
}
