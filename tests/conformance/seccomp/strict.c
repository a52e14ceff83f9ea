// Strict mode: four calls are left, any other kills the thread that makes it; the clock of the processor is taken away.
#include "seccomp.h"

static void say(const char *s) { syscall(SYS_write, 1, s, strlen(s)); }
static void leaves(void) {
  show("prctl", KERNEL(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)));
  say("write works\n");
  char c;
  syscall(SYS_read, 0, &c, 1);
  syscall(SYS_exit, 7);
}
static void getpid_kills(void) {
  seccomp(SECCOMP_SET_MODE_STRICT, 0, 0);
  syscall(SYS_getpid);
  say("not reached\n");
}
static void exit_group_kills(void) {
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
  syscall(SYS_exit_group, 0);
}
static void asking_kills(void) {
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
  prctl(PR_GET_SECCOMP);
}
static void rdtsc_traps(void) {
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
  __builtin_ia32_rdtsc();
  say("not reached\n");
}
static void unknown_number(void) {
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
  syscall(100000);
}
static void handler(int sig) { say("handler\n"); }
static void sigreturn_works(void) {
  // A fault is the only signal a program can give itself now.
  struct sigaction sa = {.sa_handler = handler};
  sigaction(SIGSEGV, &sa, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
  asm volatile("" ::: "memory");
  say("before\n");
  syscall(SYS_exit, 0);
}
static void *strict_thread(void *arg) {
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
  syscall(SYS_getpid);
  return 0;
}
static void only_the_thread(void) {
  pthread_t t;
  int tid = 0;
  pthread_create(&t, 0, strict_thread, 0);
  // Its end wakes nobody: it could not clear its word.
  usleep(50000);
  say("the process lives\n");
}
static void again(void) {
  struct sock_filter f[] = {RET(SECCOMP_RET_ALLOW)};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  show("filter", install(f, 1, 0));
  show("strict after filter", KERNEL(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)));
}

int main(void) {
  show("mode", KERNEL(prctl(PR_GET_SECCOMP)));
  show("flags", KERNEL(seccomp(SECCOMP_SET_MODE_STRICT, 1, 0)));
  show("args", KERNEL(seccomp(SECCOMP_SET_MODE_STRICT, 0, "")));
  show("mode 3", KERNEL(prctl(PR_SET_SECCOMP, 3)));
  show("mode 0", KERNEL(prctl(PR_SET_SECCOMP, 0)));
  show("op 9", KERNEL(seccomp(9, 0, 0)));
  in_child("exit", leaves);
  in_child("getpid", getpid_kills);
  in_child("exit_group", exit_group_kills);
  in_child("PR_GET_SECCOMP", asking_kills);
  in_child("rdtsc", rdtsc_traps);
  in_child("unknown", unknown_number);
  in_child("sigreturn", sigreturn_works);
  in_child("thread", only_the_thread);
  in_child("again", again);
}
