// The default action of every signal, measured on a child (no core files).
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  struct rlimit rl = {0, 0};
  setrlimit(RLIMIT_CORE, &rl);
  setvbuf(stdout, NULL, _IONBF, 0);
  for (int sig = 1; sig <= 64; sig++) {
    if (sig == 32 || sig == 33) continue;
    // SIGTSTP and its like depend on whether the process group is orphaned.
    if (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU) continue;
    int ready[2];
    pipe(ready);
    pid_t c = fork();
    if (c == 0) {
      signal(sig, SIG_DFL);
      write(ready[1], "x", 1);
      raise(sig);
      _exit(7);
    }
    char b;
    read(ready[0], &b, 1);
    int st;
    pid_t r = waitpid(c, &st, WUNTRACED);
    if (WIFSTOPPED(st)) {
      printf("%d: stop %d\n", sig, WSTOPSIG(st));
      kill(c, SIGKILL);
      waitpid(c, &st, 0);
    } else if (WIFSIGNALED(st)) printf("%d: term %d core=%d\n", sig, WTERMSIG(st), !!WCOREDUMP(st));
    else printf("%d: ignored, exit %d\n", sig, WEXITSTATUS(st));
    close(ready[0]); close(ready[1]);
  }
  return 0;
}
