// The core-dump bit of wait's status follows RLIMIT_CORE and PR_SET_DUMPABLE.
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
static void run(const char *n, int core, int dumpable, int sig) {
  fflush(stdout);
  pid_t c = fork();
  if (c == 0) {
    struct rlimit rl = {core, core};
    setrlimit(RLIMIT_CORE, &rl);
    prctl(PR_SET_DUMPABLE, dumpable);
    raise(sig);
    _exit(1);
  }
  int st;
  waitpid(c, &st, 0);
  printf("%s: sig %d core %d\n", n, WTERMSIG(st), !!WCOREDUMP(st));
}
int main(void) {
  run("no limit room", 0, 1, SIGSEGV);
  run("not dumpable", 1 << 30, 0, SIGSEGV);
  run("no core signal", 1 << 30, 1, SIGTERM);
  return 0;
}
