// TSYNC: all threads get the caller's filters, unless one has filters of its own.
#include "seccomp.h"

static pthread_barrier_t b;
static int own, own_tid;
static void *thread(void *arg) {
  if (arg) {
    show("own", INSTALL(0, LOAD(NR), ON(SYS_getuid, SECCOMP_RET_ERRNO | 11), RET(SECCOMP_RET_ALLOW)));
    own_tid = syscall(SYS_gettid);
  }
  pthread_barrier_wait(&b);
  pthread_barrier_wait(&b);
  show("thread's getppid", KERNEL(syscall(SYS_getppid)) == getpid() ? 0 : KERNEL(syscall(SYS_getppid)) < 0 ? KERNEL(syscall(SYS_getppid)) : 1);
  show_status("/proc/thread-self/status");
  pthread_barrier_wait(&b);
  return 0;
}
static void run(void) {
  pthread_t t;
  pthread_barrier_init(&b, 0, 2);
  pthread_create(&t, 0, thread, own ? &t : 0);
  pthread_barrier_wait(&b);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  struct sock_filter f[] = {LOAD(NR), ON(SYS_getppid, SECCOMP_RET_ERRNO | 42), RET(SECCOMP_RET_ALLOW)};
  long r = install(f, COUNT(f), SECCOMP_FILTER_FLAG_TSYNC);
  printf("tsync: %s\n", r == 0 ? "all" : r == own_tid ? "the thread" : "?");
  if (own) show("esrch", install(f, COUNT(f), SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH));
  show("own getppid", KERNEL(syscall(SYS_getppid)) < 0 ? -42 : 1);
  fflush(stdout);
  pthread_barrier_wait(&b);
  pthread_barrier_wait(&b);
  pthread_join(t, 0);
  if (!own) {
    // A thread that has less than the caller is brought along.
    show("second", INSTALL(0, RET(SECCOMP_RET_ALLOW)));
    show("alone", install(f, COUNT(f), SECCOMP_FILTER_FLAG_TSYNC));
    int fd = install(f, COUNT(f), SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH | SECCOMP_FILTER_FLAG_NEW_LISTENER);
    show("with listener", fd);
    show_status("/proc/self/status");
  }
}
int main(void) {
  in_child("sync", run);
  own = 1;
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  in_child("no sync", run);
}
