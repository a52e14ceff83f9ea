// Filters pass to children, threads and new programs; no_new_privs too.
#include "seccomp.h"

static void *thread(void *arg) {
  show("thread", KERNEL(syscall(SYS_getppid)));
  show_status("/proc/thread-self/status");
  return 0;
}
int main(int argc, char **argv) {
  if (argc > 1) {
    show("after exec", KERNEL(syscall(SYS_getppid)));
    show_status("/proc/self/status");
    return 0;
  }
  show_status("/proc/self/status");
  show("nnp", KERNEL(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)));
  show("nnp 2", KERNEL(prctl(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0)));
  show("nnp", KERNEL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)));
  show("nnp off", KERNEL(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0)));
  show("filter", INSTALL(0, LOAD(NR), ON(SYS_getppid, SECCOMP_RET_ERRNO | 42), RET(SECCOMP_RET_ALLOW)));
  show("mode", KERNEL(prctl(PR_GET_SECCOMP)));
  show_status("/proc/self/status");
  pthread_t t;
  pthread_create(&t, 0, thread, 0);
  pthread_join(t, 0);
  fflush(stdout);
  if (fork() == 0) {
    show("child", KERNEL(syscall(SYS_getppid)));
    show("another", INSTALL(0, LOAD(NR), ON(SYS_getppid, SECCOMP_RET_ERRNO | 43), RET(SECCOMP_RET_ALLOW)));
    show("child", KERNEL(syscall(SYS_getppid)));
    fflush(stdout);
    execl("/proc/self/exe", "x", "again", NULL);
    _exit(1);
  }
  wait(0);
  show("parent", KERNEL(syscall(SYS_getppid)));
  fflush(stdout);
  if (vfork() == 0) {
    execl("/proc/self/exe", "x", "vforked", NULL);
    _exit(1);
  }
  wait(0);
}
