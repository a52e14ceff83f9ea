// ioprio_set and ioprio_get.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
int main(void) {
  T(syscall(SYS_ioprio_get, 1, 0));
  T(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 5)); T(syscall(SYS_ioprio_get, 1, 0));
  T(syscall(SYS_ioprio_set, 1, 0, 3 << 13)); T(syscall(SYS_ioprio_get, 1, 0));
  T(syscall(SYS_ioprio_set, 1, 0, 5)); T(syscall(SYS_ioprio_set, 1, 0, 5 << 13)); T(syscall(SYS_ioprio_set, 9, 0, 0)); T(syscall(SYS_ioprio_get, 9, 0));
  T(syscall(SYS_ioprio_set, 1, 0x7ffffff, 0)); T(syscall(SYS_ioprio_get, 1, 0x7ffffff));
  T(syscall(SYS_ioprio_set, 1, 0, 0)); T(syscall(SYS_ioprio_get, 1, 0));
  return 0;
}
