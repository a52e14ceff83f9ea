// Which combinations of clone flags are refused, and how.
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <unistd.h>
#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <signal.h>
#include <linux/sched.h>
#include <string.h>
static void try(const char *name, unsigned long flags) {
  errno = 0;
  long r = syscall(SYS_clone, flags, 0, 0, 0, 0);
  if (r == 0) _exit(0);
  if (r > 0) { waitpid(r, 0, __WALL); puts("unexpected success"); }
  printf("%s: %d\n", name, errno);
}
static void try3(const char *name, struct clone_args *a, size_t size) {
  errno = 0;
  long r = syscall(SYS_clone3, a, size);
  if (r == 0) _exit(0);
  if (r > 0) { waitpid(r, 0, __WALL); printf("%s: ok\n", name); }
  else printf("%s: %d\n", name, errno);
  fflush(stdout);
}
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  try("THREAD without SIGHAND", CLONE_THREAD | SIGCHLD);
  try("SIGHAND without VM", CLONE_SIGHAND | SIGCHLD);
  try("NEWNS with FS", CLONE_NEWNS | CLONE_FS | SIGCHLD);
  try("PIDFD with DETACHED", CLONE_PIDFD | CLONE_DETACHED | SIGCHLD);
  struct clone_args a;
  memset(&a, 0, sizeof a); a.exit_signal = SIGCHLD; try3("plain", &a, sizeof a);
  try3("short", &a, 56);
  try3("huge", &a, 5000);
  a.flags = CLONE_DETACHED; try3("detached", &a, sizeof a);
  a.flags = 0x3; try3("csignal bits", &a, sizeof a);
  a.flags = 0; a.exit_signal = 65; try3("signal 65", &a, sizeof a);
  a.exit_signal = SIGCHLD; a.stack = 4096; try3("stack without size", &a, sizeof a);
  a.stack = 0; a.stack_size = 4096; try3("size without stack", &a, sizeof a);
  a.stack_size = 0; a.set_tid_size = 1; try3("set_tid size only", &a, sizeof a);
  a.set_tid_size = 0; a.flags = 1ull << 40; try3("unknown flag", &a, sizeof a);
  a.flags = CLONE_PARENT; try3("parent with signal", &a, sizeof a);
  return 0;
}
