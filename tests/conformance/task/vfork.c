// vfork shares memory and suspends the parent until _exit or exec.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>
static volatile int shared = 1;
int main(int argc, char **argv) {
  if (argc > 1) { printf("execed: %s\n", argv[1]); return 5; }
  setvbuf(stdout, NULL, _IONBF, 0);
  pid_t p = vfork();
  if (p == 0) { shared = 77; _exit(9); }
  int st;
  waitpid(p, &st, 0);
  printf("shared=%d code=%d\n", shared, WEXITSTATUS(st));
  p = vfork();
  if (p == 0) { char *a[] = {"me", "hello", NULL}; execv("/proc/self/exe", a); _exit(127); }
  waitpid(p, &st, 0);
  printf("code=%d\n", WEXITSTATUS(st));
  return 0;
}
