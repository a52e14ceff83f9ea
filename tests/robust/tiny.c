/* The smallest program: exits with status 42. Its headers are what the fuzzer mutates. */
static char zero[8192];
static char data[16] = "data";
void _start(void) {
  zero[0] = data[0];
  __asm__ volatile("syscall" : : "a"(60L), "D"(42L + zero[1]) : "rcx", "r11", "memory");
  for (;;) {
  }
}
