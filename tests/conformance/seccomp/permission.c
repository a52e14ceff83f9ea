// Who may install a filter, and how the arguments are checked, in this order.
#include "seccomp.h"

static void unprivileged(void) {
  setresgid(1000, 1000, 1000);
  setresuid(1000, 1000, 1000);
  show("without nnp", INSTALL(0, RET(SECCOMP_RET_ALLOW)));
  show("bad program first?", INSTALL(0, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 1), RET(SECCOMP_RET_ALLOW)));
  show("length first", install(0, 0, 0));
  show("bad pointer", install((void *)8, 1, 0));
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  show("with nnp", INSTALL(0, RET(SECCOMP_RET_ALLOW)));
}
static void privileged(void) {
  show("root without nnp", INSTALL(0, RET(SECCOMP_RET_ALLOW)));
  show_status("/proc/self/status");
}
static struct sock_filter big[5000];
int main(void) {
  in_child("unprivileged", unprivileged);
  in_child("privileged", privileged);
  show("null", KERNEL(seccomp(SECCOMP_SET_MODE_FILTER, 0, 0)));
  show("bad fprog", KERNEL(seccomp(SECCOMP_SET_MODE_FILTER, 0, (void *)1)));
  show("null filter", install(0, 1, 0));
  show("no length", install(big, 0, 0));
  show("flags", install(big, 1, 64));
  show("all flags", install(big, 1, -1));
  show("tsync|listener", INSTALL(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER, RET(SECCOMP_RET_ALLOW)));
  show("killable without listener", INSTALL(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, RET(SECCOMP_RET_ALLOW)));
  show("prctl null", KERNEL(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0)));
  for (int i = 0; i < 5000; i++) big[i] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
  show("4097", install(big, 4097, 0));
  show("log", INSTALL(SECCOMP_FILTER_FLAG_LOG, RET(SECCOMP_RET_ALLOW)));
  show("spec", INSTALL(SECCOMP_FILTER_FLAG_SPEC_ALLOW, RET(SECCOMP_RET_ALLOW)));
  show("esrch alone", INSTALL(SECCOMP_FILTER_FLAG_TSYNC_ESRCH, RET(SECCOMP_RET_ALLOW)));
  show("prctl", KERNEL(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &(struct sock_fprog){4096, big})));
  // All of a chain together is limited.
  int n = 0;
  long r;
  while ((r = install(big, 4096, 0)) == 0) n++;
  printf("%d more, then ", n);
  show("", r);
  show_status("/proc/self/status");
  for (int i = 0; i < 4096 - 1; i++) {
    static const unsigned short codes[] = {BPF_JMP | BPF_JEQ | BPF_K, BPF_JMP | BPF_JSET | BPF_K, BPF_ALU | BPF_DIV | BPF_X, BPF_JMP | BPF_JGT | BPF_K,
                                           BPF_LD | BPF_IMM, BPF_ALU | BPF_ADD | BPF_X, BPF_JMP | BPF_JEQ | BPF_X};
    big[i] = (struct sock_filter){codes[i % 7], i % 3 == 0, i % 5 == 0, i % 11 == 0 ? -i : i};
  }
  big[0] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
  // Down to what still fits, instruction by instruction.
  for (int size = 4096; size > 0;) {
    big[size - 2] = big[size - 3] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
    big[size - 1] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
    r = install(big, size, 0);
    if (r == 0) printf("%d fits\n", size);
    size -= r == 0 ? size / 2 + 1 : 1;
    if (size < 4) break;
  }
  show_status("/proc/self/status");
}
