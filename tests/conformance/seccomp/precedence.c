// Several filters: the strongest verdict counts, of equals the youngest filter's data; every filter sees the call.
#include "seccomp.h"

static unsigned pair[2];
static void two(void) {
  for (int i = 0; i < 2; i++) {
    struct sock_filter f[] = {LOAD(NR), ON(SYS_getppid, pair[i]), RET(SECCOMP_RET_ALLOW)};
    if (install(f, COUNT(f), 0) != 0) puts("install failed");
  }
  show("getppid", KERNEL(syscall(SYS_getppid)));
}
int main(void) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  unsigned v[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP | 1, SECCOMP_RET_ERRNO | 5, SECCOMP_RET_ERRNO | 7,
                  SECCOMP_RET_TRACE | 1, SECCOMP_RET_USER_NOTIF, 0x7fff1234};
  for (int i = 0; i < COUNT(v); i++)
    for (int j = 0; j < COUNT(v); j++) {
      pair[0] = v[i];
      pair[1] = v[j];
      if (v[i] == 0x7fff1234 && v[j] == 0x7fff1234) continue;
      printf("%08x then %08x\n", v[i], v[j]);
      in_child("", two);
    }
  // The chain grows while it judges its own growth.
  for (int i = 0; i < 3; i++) show("filter", INSTALL(0, RET(SECCOMP_RET_ALLOW)));
  show_status("/proc/self/status");
  show("no more", INSTALL(0, LOAD(NR), ON(SYS_seccomp, SECCOMP_RET_ERRNO | EBUSY), RET(SECCOMP_RET_ALLOW)));
  show("refused", INSTALL(0, RET(SECCOMP_RET_ALLOW)));
  show("prctl still", KERNEL(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &(struct sock_fprog){1, (struct sock_filter[]){RET(SECCOMP_RET_ALLOW)}})));
  show_status("/proc/self/status");
}
