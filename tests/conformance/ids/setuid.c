// The set*id family: who may become whom, and what happens to the saved and file-system ids.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static void show(void) {
  unsigned r, e, s;
  syscall(SYS_getresuid, &r, &e, &s);
  printf("  uid %u %u %u fs %d", r, e, s, (int)syscall(SYS_setfsuid, -1));
  syscall(SYS_getresgid, &r, &e, &s);
  printf(" gid %u %u %u fs %d\n", r, e, s, (int)syscall(SYS_setfsgid, -1));
}
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); show(); } while (0)
static void in_child(void (*f)(void)) { fflush(stdout); if (fork() == 0) { f(); fflush(stdout); _exit(0); } wait(0); }
static void a(void) { T(syscall(SYS_setuid, 1000)); T(syscall(SYS_setuid, 0)); T(syscall(SYS_setreuid, -1, 0)); T(syscall(SYS_setresuid, -1, -1, -1)); T(syscall(SYS_setuid, -1)); }
static void b(void) { T(syscall(SYS_setresuid, 1, 2, 3)); T(syscall(SYS_setuid, 1)); T(syscall(SYS_setreuid, 3, 1)); T(syscall(SYS_setreuid, -1, 3)); T(syscall(SYS_setresuid, 3, 1, 2)); T(syscall(SYS_setfsuid, 1)); T(syscall(SYS_setfsuid, 77)); }
static void c(void) { T(syscall(SYS_setreuid, 10, -1)); T(syscall(SYS_setreuid, -1, 20)); T(syscall(SYS_setreuid, 20, 10)); }
static void d(void) { T(syscall(SYS_setresgid, 1, 2, 3)); T(syscall(SYS_setresuid, 5, 5, 5)); T(syscall(SYS_setgid, 3)); T(syscall(SYS_setgid, 9)); T(syscall(SYS_setregid, 1, 3)); T(syscall(SYS_setresgid, -1, 2, -1)); T(syscall(SYS_setfsgid, 1)); T(syscall(SYS_setgroups, 0, 0)); }
int main(void) {
  if (getuid() != 0) { puts("needs root"); return 0; }
  in_child(a); in_child(b); in_child(c); in_child(d);
  return 0;
}
