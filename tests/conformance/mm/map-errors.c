/* Which error mmap gives for which arguments, and in which order it looks. */
#include "mm.h"
static void *map(void *at, size_t len, int prot, int flags, int fd, off_t off) {
  return (void *)syscall(SYS_mmap, at, len, prot, flags, fd, off);
}
int main(void) {
  int ro = open("/proc/self/exe", O_RDONLY);
  int rw = open("file", O_RDWR | O_CREAT, 0600);
  int wo = open("file", O_WRONLY);
  int path = open("file", O_PATH);
  int dir = open("/", O_RDONLY);
  ftruncate(rw, 8192);
  mapped("length 0", map(0, 0, RW, ANON, -1, 0));
  mapped("offset odd", map(0, 4096, RW, ANON, -1, 100));
  mapped("no type", map(0, 4096, RW, MAP_ANONYMOUS, -1, 0));
  mapped("both types anonymous", map(0, 4096, RW, MAP_ANONYMOUS | MAP_SHARED_VALIDATE, -1, 0));
  mapped("type 4", map(0, 4096, RW, MAP_ANONYMOUS | 4, -1, 0));
  mapped("huge length", map(0, ~0UL, RW, ANON, -1, 0));
  mapped("length over", map(0, ~0UL - 4095, RW, ANON, -1, 0));
  mapped("length 2^47", map(0, 1UL << 47, RW, ANON, -1, 0));
  mapped("fixed unaligned", map((void *)0x10000001, 4096, RW, ANON | MAP_FIXED, -1, 0));
  mapped("fixed kernel", map((void *)0xffff800000000000, 4096, RW, ANON | MAP_FIXED, -1, 0));
  mapped("fixed over the end", map((void *)0x7fffffffe000, 8192, RW, ANON | MAP_FIXED, -1, 0));
  mapped("fixed last page", map((void *)0x7fffffffe000, 4096, RW, ANON | MAP_FIXED, -1, 0));
  mapped("bad fd", map(0, 4096, RW, MAP_PRIVATE, 99, 0));
  mapped("bad fd, length 0", map(0, 0, RW, MAP_PRIVATE, 99, 0));
  mapped("bad fd, anonymous", map(0, 4096, RW, ANON, 99, 0));
  mapped("O_PATH", map(0, 4096, PROT_READ, MAP_PRIVATE, path, 0));
  mapped("directory", map(0, 4096, PROT_READ, MAP_PRIVATE, dir, 0));
  mapped("write-only private", map(0, 4096, PROT_WRITE, MAP_PRIVATE, wo, 0));
  mapped("write-only shared", map(0, 4096, PROT_WRITE, MAP_SHARED, wo, 0));
  mapped("read-only private writable", map(0, 4096, RW, MAP_PRIVATE, ro, 0));
  mapped("read-only shared writable", map(0, 4096, RW, MAP_SHARED, ro, 0));
  mapped("read-only shared", map(0, 4096, PROT_READ, MAP_SHARED, ro, 0));
  mapped("no type file", map(0, 4096, PROT_READ, 0, rw, 0));
  mapped("validate", map(0, 4096, PROT_READ, MAP_SHARED_VALIDATE, rw, 0));
  mapped("validate unknown flag", map(0, 4096, PROT_READ, MAP_SHARED_VALIDATE | 0x200000, rw, 0));
  mapped("shared unknown flag", map(0, 4096, PROT_READ, MAP_SHARED | 0x200000, rw, 0));
  mapped("validate huge size bits", map(0, 4096, PROT_READ, MAP_SHARED_VALIDATE | 0x8000000, rw, 0));
  mapped("validate sync", map(0, 4096, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, rw, 0));
  mapped("validate no replace", map((void *)0x50000000, 4096, PROT_READ, MAP_SHARED_VALIDATE | MAP_FIXED_NOREPLACE, rw, 0));
  mapped("grows down shared", map(0, 4096, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0));
  mapped("grows down file", map(0, 4096, RW, MAP_PRIVATE | MAP_GROWSDOWN, rw, 0));
  mapped("offset overflow", map(0, 8192, PROT_READ, MAP_PRIVATE, rw, 0x7ffffffffffff000));
  mapped("offset negative", map(0, 4096, PROT_READ, MAP_PRIVATE, rw, -4096));
  mapped("huge pages of a file", map(0, 4096, PROT_READ, MAP_PRIVATE | MAP_HUGETLB, rw, 0));
  int pipes[2];
  pipe(pipes);
  mapped("pipe", map(0, 4096, PROT_READ, MAP_PRIVATE, pipes[0], 0));
  mapped("hint is rounded", map((void *)0x20000123, 4096, RW, ANON, -1, 0));
  void *p = map((void *)0x30000123, 4096, RW, ANON, -1, 0);
  printf("hint taken %d\n", p == (void *)0x30001000 || p == (void *)0x30000000);
  mapped("no replace on it", map(p, 4096, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
  mapped("no replace over its end", map((char *)p - 4096, 8192, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
  void *q = map((char *)p + 4096, 4096, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
  printf("no replace beside it %d\n", q == (char *)p + 4096);
  q = map(p, 4096, RW, ANON, -1, 0);
  printf("hint occupied: elsewhere %d\n", q != p && q != MAP_FAILED);
  q = map(0, 4096, RW, ANON | MAP_32BIT, -1, 0);
  printf("32 bit %d\n", (unsigned long)q < 0x80000000UL && (unsigned long)q >= 0x40000000UL);
  result("munmap unaligned", munmap((char *)p + 1, 4096));
  result("munmap length 0", munmap(p, 0));
  result("munmap nothing there", munmap((void *)0x60000000, 4096));
  result("munmap over the end", munmap((void *)0x7fffffffe000, 1UL << 40));
  result("munmap kernel", munmap((void *)0xffff800000000000, 4096));
  return 0;
}
