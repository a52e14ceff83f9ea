// SSE2 integer kernel: blending and sums of absolute differences over two pictures.
#include <emmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
static uint8_t a[1 << 18] __attribute__((aligned(16))), b[1 << 18] __attribute__((aligned(16)));
int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 12000;
  for (int i = 0; i < 1 << 18; i++) { a[i] = i * 7; b[i] = i * 13 >> 2; }
  uint64_t sum = 0;
  for (int r = 0; r < rounds; r++) {
    __m128i acc = _mm_setzero_si128(), w = _mm_set1_epi16(r & 127);
    for (int i = 0; i < 1 << 18; i += 16) {
      __m128i x = _mm_load_si128((__m128i *)(a + i)), y = _mm_load_si128((__m128i *)(b + i)), z = _mm_setzero_si128();
      acc = _mm_add_epi64(acc, _mm_sad_epu8(x, y));
      __m128i lo = _mm_srli_epi16(_mm_mullo_epi16(_mm_unpacklo_epi8(x, z), w), 7), hi = _mm_srli_epi16(_mm_mullo_epi16(_mm_unpackhi_epi8(y, z), w), 7);
      _mm_store_si128((__m128i *)(a + i), _mm_packus_epi16(lo, _mm_adds_epu16(hi, lo)));
    }
    uint64_t t[2];
    _mm_storeu_si128((__m128i *)t, acc);
    sum += t[0] + t[1];
  }
  printf("%lu\n", sum);
}
