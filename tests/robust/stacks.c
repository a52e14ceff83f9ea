// Handlers that cannot run: no memory at the alternate stack, a stack that has come to its end, nesting without end.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void handler(int sig) { (void)sig; _exit(3); }
static void nesting(int sig) { raise(sig); }
static int deep(volatile char *p) {
  volatile char here[4096];
  here[0] = *p;
  return deep(here) + here[0];
}
static char small[4096] __attribute__((aligned(16)));

static void run(const char *name, int which) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    struct sigaction a = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    stack_t s = {.ss_size = 65536};
    switch (which) {
      case 0:  // unmapped
        s.ss_sp = (void *)0x10000;
        sigaltstack(&s, NULL);
        sigaction(SIGUSR1, &a, NULL);
        raise(SIGUSR1);
        break;
      case 1:  // read-only
        s.ss_sp = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        sigaltstack(&s, NULL);
        sigaction(SIGUSR1, &a, NULL);
        raise(SIGUSR1);
        break;
      case 2:  // recursion to the end, no alternate stack
        sigaction(SIGSEGV, &a, NULL);
        deep("");
        break;
      case 3:  // the same with one
        s.ss_sp = malloc(65536);
        sigaltstack(&s, NULL);
        sigaction(SIGSEGV, &a, NULL);
        deep("");
        break;
      case 4:  // handlers that nest until the stack ends
        a.sa_handler = nesting;
        a.sa_flags = SA_NODEFER;
        sigaction(SIGUSR1, &a, NULL);
        raise(SIGUSR1);
        break;
      case 5:  // an alternate stack that is used up
        s.ss_sp = malloc(65536);
        a.sa_handler = nesting;
        a.sa_flags = SA_NODEFER | SA_ONSTACK;
        sigaltstack(&s, NULL);
        sigaction(SIGUSR1, &a, NULL);
        raise(SIGUSR1);
        break;
      case 6:  // too small for the frame
        s.ss_sp = small;
        s.ss_size = 4096;
        if (sigaltstack(&s, NULL) < 0) _exit(9);
        __asm__ volatile("" ::: "memory");
        sigaction(SIGUSR1, &a, NULL);
        raise(SIGUSR1);
        break;
      case 7:  // rsp points nowhere
        sigaction(SIGUSR1, &(struct sigaction){.sa_handler = handler}, NULL);
        __asm__ volatile("mov $0x1000, %%rsp; mov $39, %%eax; syscall; mov %%eax, %%edi; mov $10, %%esi; mov $62, %%eax; syscall; hlt" ::: "memory");
        break;
    }
    _exit(5);
  }
  int status;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) printf("%s: exit %d\n", name, WEXITSTATUS(status));
  else printf("%s: signal %d\n", name, WTERMSIG(status));
}

int main(void) {
  const char *names[] = {"unmapped", "read-only", "recursion", "recursion with another stack", "nesting", "nesting on another stack", "small", "rsp nowhere"};
  for (int i = 0; i < 8; i++) run(names[i], i);
}
