// Writes code and runs it, over and over in the same place: each new version must take effect at once, in a
// loop that is long enough to be compiled. Then code that changes the instructions right before itself.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

typedef long (*function)(long);

/** long f(long n) { long r = 0; while (n--) r = r * k + 1; return r; } */
static size_t generate(uint8_t *p, int k) {
  uint8_t code[] = {
    0x31, 0xc0,                               // xor eax, eax
    0x48, 0x85, 0xff,                         // test rdi, rdi
    0x74, 0x13,                               // je end
    0x48, 0x69, 0xc0, 0, 0, 0, 0,             // loop: imul rax, rax, k
    0x48, 0x83, 0xc0, 0x01,                   // add rax, 1
    0x48, 0x83, 0xef, 0x01,                   // sub rdi, 1
    0x75, 0xef,                               // jne loop
    0x90, 0x90, 0xc3,                         // end: ret
  };
  memcpy(code + 10, &k, 4);
  memcpy(p, code, sizeof code);
  return sizeof code;
}

static long expected(long n, int k) {
  long r = 0;
  while (n--) r = (long)((unsigned long)r * k + 1);
  return r;
}

int main(void) {
  uint8_t *p = mmap(0, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  long sum = 0;
  int wrong = 0;
  // Long runs, so that each version is compiled.
  for (int k = 3; k < 15; k++) {
    generate(p, k);
    long r = ((function)p)(400000);
    wrong += r != expected(400000, k);
    sum += r;
  }
  // Many versions with short runs, at changing places, over the end of a page too.
  for (int i = 0; i < 3000; i++) {
    uint8_t *at = p + (i * 7) % 4090;
    generate(at, i);
    long r = ((function)at)(i % 50);
    wrong += r != expected(i % 50, i);
    sum += r;
  }
  // A loop that patches the constant of an instruction in its own way, each time round.
  uint8_t patch[] = {
    0x31, 0xc0,                               // xor eax, eax
    0x48, 0x8d, 0x15, 0x05, 0, 0, 0,          // lea rdx, [the add's constant]
    0x89, 0x3a,                               // again: mov [rdx], edi
    0x90, 0x90,                               //
    0x05, 0, 0, 0, 0,                         // add eax, constant
    0x83, 0xef, 0x01,                         // sub edi, 1
    0x75, 0xf2,                               // jne again
    0xc3,
  };
  // The constant lies one byte after the add's opcode.
  patch[5] = 14 - 9;
  memcpy(p, patch, sizeof patch);
  long r = ((function)p)(3000);
  wrong += r != 3000L * 3001 / 2;
  printf("%lx %d %ld\n", sum, wrong, r);
  return wrong != 0;
}
