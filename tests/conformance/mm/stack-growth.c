/* The stack grows on demand, up to its limit and not into its neighbour. */
#include "mm.h"
static int depth(int n) {
  volatile char frame[3000];
  frame[0] = n;
  return n == 0 ? 0 : depth(n - 1) + (frame[0] == (char)n);
}
static char handlerStack[65536];
int main(void) {
  stack_t ss = {.ss_sp = handlerStack, .ss_size = sizeof handlerStack};
  sigaltstack(&ss, NULL);
  struct sigaction sa = {.sa_sigaction = onFault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGSEGV, &sa, NULL);
  sigaction(SIGBUS, &sa, NULL);
  printf("deep %d\n", depth(1000));
  char here;
  char *page = (char *)((unsigned long)&here & ~(PAGE - 1));
  tryWrite("far below", page - 2000000, 5);
  tryRead("between, fresh", page - 1000000 - 20 * PAGE);
  if (fork() == 0) {
    struct rlimit r = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_STACK, &r);
    tryWrite("over the new limit", page - 4000000, 5);
    tryRead("already grown", page - 2000000);
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  fflush(stdout);
  if (fork() == 0) {
    /* a wall below; the gap under a stack is 256 pages */
    char *wall = mmap(page - 1200 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
    mapped("wall", wall);
    tryWrite("gap kept", wall + 400 * PAGE, 1);
    tryWrite("gap broken", wall + 100 * PAGE, 1);
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  fflush(stdout);
  /* endless recursion ends with a signal */
  pid_t child = fork();
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);
    struct rlimit core = {0, 0};
    setrlimit(RLIMIT_CORE, &core);
    depth(1 << 30);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("recursion: signal %d\n", WTERMSIG(status));
  /* a stack of one's own */
  char *area = mmap(NULL, 600 * PAGE, PROT_NONE, ANON, -1, 0);
  munmap(area, 600 * PAGE);
  char *g = mmap(area + 590 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
  mapped("grows down", g);
  tryWrite("one page below", g - 1, 7);
  tryWrite("further below", g - 5 * PAGE, 7);
  tryRead("between", g - 3 * PAGE);
  /* the kernel's own accesses make it grow as well */
  int fd = open("/proc/self/exe", O_RDONLY);
  printf("read into it %zd\n", read(fd, g - 8 * PAGE, 4));
  printf("%.3s\n", g - 8 * PAGE + 1);
  return 0;
}
