// PR_SET_TSC: rdtsc and rdtscp fault once they are forbidden; children inherit it.
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf again;
static char *at;
static void handler(int sig, siginfo_t *info, void *context) {
  (void)sig, (void)context;
  printf("SIGSEGV code %d address %p\n", info->si_code, info->si_addr);
  siglongjmp(again, 1);
}
static void try(const char *name, int p) {
  if (sigsetjmp(again, 1)) return;
  if (p) __asm__ volatile("rdtscp" ::: "rax", "rdx", "rcx");
  else __asm__ volatile("rdtsc" ::: "rax", "rdx");
  printf("%s ran\n", name);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &a, NULL);
  int now;
  prctl(PR_GET_TSC, &now);
  printf("now %d\n", now);
  try("rdtsc", 0);
  printf("set %d\n", prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
  try("rdtsc", 0);
  try("rdtscp", 1);
  if (fork() == 0) {
    try("rdtsc in the child", 0);
    prctl(PR_SET_TSC, PR_TSC_ENABLE);
    try("rdtsc in the child", 0);
    _exit(0);
  }
  wait(NULL);
  try("rdtsc", 0);
  prctl(PR_SET_TSC, PR_TSC_ENABLE);
  try("rdtsc", 0);
  printf("bad value %d\n", prctl(PR_SET_TSC, 3));
}
