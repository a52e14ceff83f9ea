// All 64 signals: default action, and whether they can be caught, ignored and blocked.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct kernel_action {
  void *handler;
  unsigned long flags;
  void *restorer;
  unsigned long mask;
};

static const char *outcome(int status) {
  static char text[40];
  if (WIFSTOPPED(status)) return "stop";
  if (WIFEXITED(status)) return "ignore";
  snprintf(text, sizeof text, "%s by %d", WCOREDUMP(status) ? "core" : "terminate", WTERMSIG(status));
  return text;
}

static int change(int sig, void *handler) {
  struct kernel_action a = {.handler = handler};
  return syscall(SYS_rt_sigaction, sig, &a, NULL, 8) < 0 ? errno : 0;
}

int main(void) {
  char dir[] = "/tmp/signals-XXXXXX";
  if (!mkdtemp(dir) || chdir(dir) < 0) return 1;
  struct rlimit core = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_CORE, &core);
  for (int sig = 1; sig <= 64; sig++) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      // A group of its own, which is not orphaned: stop signals work.
      setpgid(0, 0);
      change(sig, SIG_DFL);
      syscall(SYS_kill, getpid(), sig);
      _exit(0);
    }
    int status;
    waitpid(child, &status, WUNTRACED);
    if (WIFSTOPPED(status)) {
      printf("%2d stop by %d", sig, WSTOPSIG(status));
      kill(child, SIGKILL);
      waitpid(child, NULL, 0);
    } else printf("%2d %s", sig, outcome(status));
    unsigned long mask = ~0ul, now = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &now, 8);
    mask = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
    int ignored = change(sig, SIG_IGN), caught = change(sig, (void *)outcome);
    change(sig, SIG_DFL);
    printf("; ignored: %s; caught: %s; blocked: %s\n", ignored ? strerror(ignored) : "yes", caught ? strerror(caught) : "yes",
           now >> (sig - 1) & 1 ? "yes" : "no");
  }
  printf("0: %d, 65: %d, -1: %d\n", change(0, SIG_IGN), change(65, SIG_IGN), change(-1, SIG_IGN));
  unlink("core");
  chdir("/");
  rmdir(dir);
}
