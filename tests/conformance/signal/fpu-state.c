// A handler starts with clean floating-point state, and leaves that of the interrupted code alone.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <stdint.h>
static volatile uint32_t in_mxcsr; static volatile uint16_t in_cw; static volatile double got;
static void h(int s) {
  uint32_t m; uint16_t c;
  asm volatile("stmxcsr %0; fnstcw %1" : "=m"(m), "=m"(c));
  in_mxcsr = m; in_cw = c;
  asm volatile("pxor %%xmm5,%%xmm5; fninit; fld1; fld1" ::: "xmm5");
  uint32_t other = 0x1f80 | 0x6000; asm volatile("ldmxcsr %0" ::"m"(other));
}
int main(void) {
  signal(SIGUSR1, h);
  uint32_t m = 0x1f80 | 0x2000, m2; uint16_t cw = 0x027f, cw2;
  double d = 2.5, e = 0, st = 0;
  asm volatile("ldmxcsr %4; fldcw %5; fldl %3; movsd %3, %%xmm5;"
               "mov $39,%%eax; syscall; mov %%eax,%%edi; mov $10,%%esi; mov $62,%%eax; syscall;"
               "movsd %%xmm5, %0; fstpl %1; stmxcsr %2"
               : "=m"(e), "=m"(st), "=m"(m2) : "m"(d), "m"(m), "m"(cw) : "rax", "rdi", "rsi", "rcx", "r11", "xmm5", "memory");
  asm volatile("fnstcw %0; fninit" : "=m"(cw2));
  uint32_t def = 0x1f80; asm volatile("ldmxcsr %0" ::"m"(def));
  printf("handler mxcsr=%x cw=%x\n", in_mxcsr, in_cw);
  printf("after: xmm5=%g st=%g mxcsr=%x cw=%x\n", e, st, m2, cw2);
  return 0;
}
