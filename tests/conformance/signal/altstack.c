// sigaltstack: errors, use by a handler, nesting, SS_AUTODISARM, overflow of the normal stack.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif
static char alt[65536], other[65536];
static sigjmp_buf env;
static int on_alt(void *p) { return (char *)p >= alt && (char *)p < alt + sizeof alt; }
static void h1(int s) {
  int x;
  stack_t ss;
  sigaltstack(0, &ss);
  printf("handler: alt=%d flags=%x\n", on_alt(&x), ss.ss_flags);
  stack_t n = {other, 0, sizeof other};
  errno = 0;
  int r = sigaltstack(&n, 0);
  printf("change inside: %d errno=%d\n", r, errno);
}
static void over(int s) {
  int x;
  printf("overflow handler on alt=%d\n", on_alt(&x));
  siglongjmp(env, 1);
}
static int recurse(int n) {
  volatile char pad[4096];
  pad[0] = n;
  return recurse(n + 1) + pad[0];
}
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  stack_t ss, old;
  sigaltstack(0, &old);
  printf("initial flags=%x size=%zu\n", old.ss_flags, old.ss_size);
  ss.ss_sp = alt; ss.ss_flags = 0; ss.ss_size = 1000;
  errno = 0; int r = sigaltstack(&ss, 0); printf("small: %d %d\n", r, errno);
  ss.ss_size = sizeof alt; ss.ss_flags = 77;
  errno = 0; r = sigaltstack(&ss, 0); printf("flags: %d %d\n", r, errno);
  ss.ss_flags = 0;
  printf("set: %d\n", sigaltstack(&ss, 0));
  struct sigaction sa;
  memset(&sa, 0, sizeof sa);
  sa.sa_handler = h1; sa.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR1, &sa, 0);
  raise(SIGUSR1);
  sa.sa_flags = 0;
  sigaction(SIGUSR1, &sa, 0);
  raise(SIGUSR1);
  sigaltstack(0, &old);
  printf("now sp other=%d\n", old.ss_sp == (void *)other);
  ss.ss_flags = SS_AUTODISARM;
  printf("autodisarm: %d\n", sigaltstack(&ss, 0));
  sa.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR1, &sa, 0);
  raise(SIGUSR1);
  sigaltstack(0, &old);
  printf("restored alt=%d flags=%x\n", old.ss_sp == (void *)alt, old.ss_flags);
  ss.ss_flags = 0;
  sigaltstack(&ss, 0);
  sa.sa_handler = over;
  sigaction(SIGSEGV, &sa, 0);
  struct rlimit rl = {262144, 262144};
  setrlimit(RLIMIT_STACK, &rl);
  if (sigsetjmp(env, 1) == 0) recurse(0);
  puts("survived");
  ss.ss_flags = SS_DISABLE;
  printf("disable: %d\n", sigaltstack(&ss, 0));
  sigaltstack(0, &old);
  printf("flags=%x sp=%p size=%zu\n", old.ss_flags, old.ss_sp, old.ss_size);
  return 0;
}
