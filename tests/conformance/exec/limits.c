/* How much argument and environment text a program takes. */
#include "exec.h"
#define MANY 3000
static char *arg[MANY * 20 + 3];
static void attempt(const char *what, unsigned long stack, int count, int length) {
  char *text = malloc(length + 1), *none[] = {NULL};
  memset(text, 'a', length);
  text[length] = 0;
  arg[0] = "x";
  arg[1] = "count";
  for (int i = 0; i < count; i++) arg[i + 2] = text;
  arg[count + 2] = NULL;
  fflush(stdout);
  if (fork() == 0) {
    struct rlimit r = {stack, RLIM_INFINITY};
    setrlimit(RLIMIT_STACK, &r);
    execve("/proc/self/exe", arg, none);
    printf("%s: %s\n", what, name(errno));
    fflush(stdout);
    _exit(1);
  }
  int status;
  wait(&status);
  if (WIFSIGNALED(status)) printf("%s: signal %d\n", what, WTERMSIG(status));
  else if (!WEXITSTATUS(status)) printf("  %s\n", what);
  free(text);
}
int main(int argc, char **argv) {
  if (argc > 1) {
    long sum = 0;
    for (int i = 2; i < argc; i++) sum += strlen(argv[i]);
    printf("%d arguments, %ld bytes", argc, sum);
    return 0;
  }
  attempt("a mebibyte", 8 << 20, 16, 65536);
  attempt("almost two", 8 << 20, 31, 65536);
  attempt("over two", 8 << 20, 32, 65536);
  attempt("pointers count", 8 << 20, 2 * MANY * 10, 30);
  attempt("larger stack", 64 << 20, 64, 65536);
  attempt("at most six", 64UL << 20, 97, 65536);
  attempt("no limit", RLIM_INFINITY, 90, 65536);
  attempt("small stack", 1 << 20, 4, 60000);
  attempt("small stack, more", 1 << 20, 5, 60000);
  attempt("tiny stack, 128 KiB go always", 256 << 10, 2, 60000);
  attempt("tiny stack, more", 256 << 10, 3, 60000);
  return 0;
}
