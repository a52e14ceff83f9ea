// 50 MiB of code, made at run time: 12,800 pages with a function each, all of them called, some of them often.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGES = 12800 };
typedef long (*function)(long);

int main(void) {
  uint8_t *p = mmap(0, PAGES * 4096L, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return 1;
  long want = 0, sum = 0;
  for (int i = 0; i < PAGES; i++) {
    uint8_t *at = p + i * 4096L;
    // Fills the page with additions that end in a return: lea rax, [rdi + i]; then add rax, 1 many times.
    int n = 0;
    at[n++] = 0x48, at[n++] = 0x8d, at[n++] = 0x87;
    memcpy(at + n, &i, 4);
    n += 4;
    int additions = 40 + i % 200;
    for (int k = 0; k < additions; k++) memcpy(at + n, "\x48\x83\xc0\x01", 4), n += 4;
    at[n++] = 0xc3;
    // The rest is code as well, that is never run.
    while (n < 4096) at[n++] = 0x90;
  }
  for (int round = 0; round < 3; round++)
    for (int i = 0; i < PAGES; i++) sum += ((function)(p + i * 4096L))(round), want += round + i + 40 + i % 200;
  // Now some that are hot, one after the other.
  for (int i = 0; i < PAGES; i += 40)
    for (int k = 0; k < 400; k++) sum += ((function)(p + i * 4096L))(k), want += k + i + 40 + i % 200;
  printf("%ld %d\n", sum, sum != want);
  return sum != want;
}
