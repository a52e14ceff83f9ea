// FUTEX_WAKE_OP: each operation and comparison, and what it returns.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
  static int a, b;
  const char *ops[] = {"set", "add", "or", "andn", "xor"}, *cmps[] = {"eq", "ne", "lt", "le", "gt", "ge"};
  for (int op = 0; op < 5; op++)
    for (int shift = 0; shift < 2; shift++) {
      b = 0x35;
      long r = syscall(SYS_futex, &a, FUTEX_WAKE_OP, 1, 1, &b, FUTEX_OP(op | (shift ? FUTEX_OP_OPARG_SHIFT : 0), 6, FUTEX_OP_CMP_EQ, 0));
      printf("%s %s: %ld, now %x\n", ops[op], shift ? "shifted" : "plain", r, b);
    }
  for (int cmp = 0; cmp < 6; cmp++) {
    b = 7;
    printf("%s: %ld\n", cmps[cmp], syscall(SYS_futex, &a, FUTEX_WAKE_OP_PRIVATE, 1, 1, &b, FUTEX_OP(FUTEX_OP_ADD, 1, cmp, 7)));
  }
  printf("negative argument: %ld", syscall(SYS_futex, &a, FUTEX_WAKE_OP, 1, 1, &b, FUTEX_OP(FUTEX_OP_ADD, 0xfff, FUTEX_OP_CMP_EQ, 0)));
  printf(", now %d\n", b);
  printf("bad op: %s\n", syscall(SYS_futex, &a, FUTEX_WAKE_OP, 1, 1, &b, FUTEX_OP(6, 1, 0, 0)) < 0 ? strerror(errno) : "ok");
  printf("bad comparison: %s\n", syscall(SYS_futex, &a, FUTEX_WAKE_OP, 1, 1, &b, FUTEX_OP(0, 1, 9, 0)) < 0 ? strerror(errno) : "ok");
  printf("second unmapped: %s\n", syscall(SYS_futex, &a, FUTEX_WAKE_OP, 1, 1, 4096, FUTEX_OP(0, 1, 0, 0)) < 0 ? strerror(errno) : "ok");
  printf("second unaligned: %s\n", syscall(SYS_futex, &a, FUTEX_WAKE_OP, 1, 1, (char *)&b + 1, FUTEX_OP(0, 1, 0, 0)) < 0 ? strerror(errno) : "ok");
}
