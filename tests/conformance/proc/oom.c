/* oom_score_adj: limits, inheritance. */
#include "proc.h"
static void look(const char *path) { printf("%s: %s", path, slurp(path) < 0 ? strerror(errno) : text); }
int main(void) {
  result("set", put("/proc/self/oom_score_adj", "300"));
  look("/proc/self/oom_score_adj");
  look("/proc/self/oom_adj");
  result("too much", put("/proc/self/oom_score_adj", "1001"));
  result("no number", put("/proc/self/oom_score_adj", "many"));
  result("white space", put("/proc/self/oom_score_adj", " 200\n"));
  look("/proc/self/oom_score_adj");
  if (fork() == 0) {
    look("/proc/self/oom_score_adj");
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  return 0;
}
