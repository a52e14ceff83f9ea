// CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID, CLONE_PARENT_SETTID, CLONE_SETTLS by hand; the futex wake at the end.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int child_tid = -1, parent_tid = -1, seen = -1;
static int body(void *arg) {
  (void)arg;
  seen = child_tid == (int)syscall(SYS_gettid);
  syscall(SYS_exit, 5);
  return 0;
}

int main(void) {
  char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
  int tid = clone(body, stack + 65536, flags, NULL, &parent_tid, NULL, &child_tid);
  int expected = tid;
  // First the child's id appears, then the end clears it.
  while (child_tid != 0)
    if (child_tid == expected) syscall(SYS_futex, &child_tid, FUTEX_WAIT, expected, NULL, NULL, 0);
    else sched_yield();
  printf("parent saw %d, child saw %d, cleared to %d\n", parent_tid == tid, seen, child_tid);
  flags = CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD;
  child_tid = 1234;
  tid = clone(body, stack + 65536, flags, NULL, NULL, NULL, &child_tid);
  int status;
  waitpid(tid, &status, 0);
  printf("a process that shares memory: status %d, cleared to %d\n", WEXITSTATUS(status), child_tid);
  pid_t child = fork();
  if (child == 0) {
    syscall(SYS_set_tid_address, &child_tid);
    _exit(0);
  }
  waitpid(child, NULL, 0);
}
