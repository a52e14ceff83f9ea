/* limits shows what setrlimit sets. */
#include "proc.h"
#include <sys/resource.h>
int main(void) {
  struct rlimit r = {100, 200};
  setrlimit(RLIMIT_NOFILE, &r);
  r = (struct rlimit){4096, 8192};
  setrlimit(RLIMIT_CORE, &r);
  r = (struct rlimit){5, 5};
  setrlimit(RLIMIT_CPU, &r);
  r = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_DATA, &r);
  slurp("/proc/self/limits");
  for (char *l = strtok(text, "\n"); l; l = strtok(NULL, "\n"))
    if (strstr(l, "Limit") || strstr(l, "open files") || strstr(l, "core") || strstr(l, "cpu") || strstr(l, "data") || strstr(l, "nice")) printf("[%s]\n", l);
  return 0;
}
