/* CRC-32, bit by bit tables: one byte a step, as zlib's simplest loop does it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t table[256];
static unsigned char data[1 << 16];

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 1500;
  for (uint32_t n = 0; n < 256; n++) {
    uint32_t c = n;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[n] = c;
  }
  for (unsigned i = 0; i < sizeof data; i++) data[i] = i * 2654435761u >> 24;
  uint32_t crc = ~0u;
  for (int round = 0; round < rounds; round++)
    for (unsigned i = 0; i < sizeof data; i++) crc = table[(crc ^ data[i]) & 0xff] ^ (crc >> 8);
  printf("%08x\n", ~crc);
  return 0;
}
