// What each verdict does to a call: errno with its limit, trap with the signal's details, the two ways to die, log, trace without a tracer.
#include "seccomp.h"

static void on_sys(int sig, siginfo_t *i, void *ctx) {
  ucontext_t *uc = ctx;
  greg_t *r = uc->uc_mcontext.gregs;
  printf("SIGSYS code %d errno %d syscall %d arch %x addr-rip %ld rax %lld rdi %lld\n", i->si_code, i->si_errno, i->si_syscall, i->si_arch,
         (long)i->si_call_addr - (long)r[REG_RIP], r[REG_RAX], r[REG_RDI]);
  r[REG_RAX] = 4711;
}
static void verdict(unsigned v, const char *name) {
  show(name, INSTALL(0, LOAD(NR), ON(SYS_getppid, v), RET(SECCOMP_RET_ALLOW)));
  show("getppid", KERNEL(syscall(SYS_getppid, 12)));
}
static void errnos(void) {
  verdict(SECCOMP_RET_ERRNO | 0, "errno 0");
  verdict(SECCOMP_RET_ERRNO | EPERM, "errno 1");
}
static void errno_big(void) {
  struct sock_filter f[] = {LOAD(NR), ON(SYS_getppid, SECCOMP_RET_ERRNO | 0xffff), RET(SECCOMP_RET_ALLOW)};
  install(f, COUNT(f), 0);
  long r;
  asm volatile("syscall" : "=a"(r) : "a"(SYS_getppid) : "rcx", "r11", "memory");
  printf("capped %ld\n", r);
}
static void trap(void) {
  struct sigaction sa = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
  sigaction(SIGSYS, &sa, 0);
  verdict(SECCOMP_RET_TRAP | 99, "trap");
  show("again", KERNEL(syscall(SYS_getppid, -5)));
}
static void trap_default(void) { verdict(SECCOMP_RET_TRAP, "trap without handler"); }
static void trap_ignored(void) {
  signal(SIGSYS, SIG_IGN);
  verdict(SECCOMP_RET_TRAP, "trap ignored");
}
static void trap_blocked(void) {
  struct sigaction sa = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
  sigaction(SIGSYS, &sa, 0);
  sigset_t s;
  sigfillset(&s);
  sigprocmask(SIG_BLOCK, &s, 0);
  verdict(SECCOMP_RET_TRAP, "trap blocked");
}
static void kill_process(void) {
  struct sigaction sa = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
  sigaction(SIGSYS, &sa, 0);
  verdict(SECCOMP_RET_KILL_PROCESS | 5, "kill process");
}
static void kill_thread_alone(void) { verdict(SECCOMP_RET_KILL_THREAD, "kill thread, the only one"); }
static void *dies(void *arg) {
  verdict((unsigned)(long)arg, "in a thread");
  puts("not reached");
  return 0;
}
static void kill_thread(void) {
  pthread_t t;
  pthread_create(&t, 0, dies, (void *)(long)SECCOMP_RET_KILL_THREAD);
  usleep(50000);
  puts("the process lives");
}
static void kill_all(void) {
  pthread_t t;
  pthread_create(&t, 0, dies, (void *)(long)SECCOMP_RET_KILL_PROCESS);
  usleep(50000);
  puts("not reached");
}
static void log_allows(void) { verdict(SECCOMP_RET_LOG | 3, "log"); }
static void trace_without_tracer(void) { verdict(SECCOMP_RET_TRACE | 3, "trace"); }
static void notif_without_listener(void) { verdict(SECCOMP_RET_USER_NOTIF, "notif"); }
static void unknown_action(void) { verdict(0x12340000, "unknown action"); }
static void unknown_low(void) { verdict(0x7fc10000, "between"); }

int main(void) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  in_child("errno", errnos);
  in_child("big errno", errno_big);
  in_child("trap", trap);
  in_child("trap default", trap_default);
  in_child("trap ignored", trap_ignored);
  in_child("trap blocked", trap_blocked);
  in_child("kill process", kill_process);
  in_child("kill thread alone", kill_thread_alone);
  in_child("kill thread", kill_thread);
  in_child("kill process from thread", kill_all);
  fflush(stdout);
  pid_t p = fork();
  if (p == 0) {
    show("log", INSTALL(0, LOAD(NR), ON(SYS_getppid, SECCOMP_RET_LOG | 3), RET(SECCOMP_RET_ALLOW)));
    printf("made %d\n", getppid() > 1);
    fflush(stdout);
    _exit(0);
  }
  waitpid(p, 0, 0);
  in_child("trace", trace_without_tracer);
  in_child("notif", notif_without_listener);
  in_child("unknown", unknown_action);
  in_child("unknown low", unknown_low);
  unsigned acts[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO, SECCOMP_RET_USER_NOTIF,
                     SECCOMP_RET_TRACE, SECCOMP_RET_LOG, SECCOMP_RET_ALLOW, 0x12340000, SECCOMP_RET_ERRNO | 1};
  for (int i = 0; i < COUNT(acts); i++) {
    printf("%08x ", acts[i]);
    show("available", KERNEL(seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &acts[i])));
  }
  show("flags", KERNEL(seccomp(SECCOMP_GET_ACTION_AVAIL, 1, &acts[0])));
  show("null", KERNEL(seccomp(SECCOMP_GET_ACTION_AVAIL, 0, 0)));
  struct seccomp_notif_sizes sz;
  show("sizes", KERNEL(seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sz)));
  printf("%d %d %d\n", sz.seccomp_notif, sz.seccomp_notif_resp, sz.seccomp_data);
  show("sizes flags", KERNEL(seccomp(SECCOMP_GET_NOTIF_SIZES, 1, &sz)));
  show("sizes null", KERNEL(seccomp(SECCOMP_GET_NOTIF_SIZES, 0, 0)));
}
