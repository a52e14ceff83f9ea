// sigaltstack: SS_AUTODISARM, changes while on it, sizes, what the frame and the call report.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

static char *first, *second;
static void show(const char *when) {
  stack_t s;
  sigaltstack(NULL, &s);
  printf("%s: flags %x, %s, size %zu\n", when, s.ss_flags, s.ss_sp == first ? "first" : s.ss_sp == second ? "second" : s.ss_sp ? "other" : "none", s.ss_size);
}
static void handler(int sig, siginfo_t *info, void *context) {
  char here;
  ucontext_t *uc = context;
  (void)info;
  printf("%s on %s\n", strsignal(sig), &here >= first && &here < first + 65536 ? "first" : &here >= second && &here < second + 65536 ? "second" : "the stack");
  printf("frame: flags %x, size %zu\n", uc->uc_stack.ss_flags, uc->uc_stack.ss_size);
  show("inside");
  stack_t s = {.ss_sp = second, .ss_size = 65536};
  printf("change: %s\n", sigaltstack(&s, NULL) < 0 ? strerror(errno) : "ok");
  if (sig == SIGUSR1) raise(SIGUSR2);
}

int main(void) {
  first = malloc(65536);
  second = malloc(65536);
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGUSR1, &a, NULL);
  sigaction(SIGUSR2, &a, NULL);
  show("start");
  stack_t s = {.ss_sp = first, .ss_size = 65536};
  sigaltstack(&s, NULL);
  raise(SIGUSR1);
  show("after");
  s.ss_flags = SS_AUTODISARM;
  printf("arm: %s\n", sigaltstack(&s, NULL) < 0 ? strerror(errno) : "ok");
  show("armed");
  raise(SIGUSR1);
  show("after");
  s.ss_flags = SS_ONSTACK;
  printf("SS_ONSTACK: %s\n", sigaltstack(&s, NULL) < 0 ? strerror(errno) : "ok");
  s.ss_flags = 0x40;
  printf("unknown flag: %s\n", sigaltstack(&s, NULL) < 0 ? strerror(errno) : "ok");
  s.ss_flags = 0;
  s.ss_size = 2047;
  printf("too small: %s\n", sigaltstack(&s, NULL) < 0 ? strerror(errno) : "ok");
  s.ss_flags = SS_DISABLE;
  printf("disable: %s\n", sigaltstack(&s, NULL) < 0 ? strerror(errno) : "ok");
  show("disabled");
}
