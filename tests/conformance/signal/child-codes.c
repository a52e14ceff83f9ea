// SIGCHLD's codes: exited, killed, dumped, stopped, continued; SA_NOCLDSTOP.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int code, status, count;
static void handler(int sig, siginfo_t *info, void *context) {
  (void)sig, (void)context;
  code = info->si_code;
  status = info->si_status;
  count++;
}
static sigset_t before;
static void wait_for_it(const char *what) {
  int seen = count;
  while (count == seen) sigsuspend(&before);
  printf("%s: code %d status %d\n", what, code, status);
}

int main(void) {
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGCHLD, &a, NULL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, &before);
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  pid_t pid = fork();
  if (pid == 0) _exit(300 & 0xff);
  wait_for_it("exit 44");
  waitpid(pid, NULL, 0);
  pid = fork();
  if (pid == 0)
    for (;;) pause();
  kill(pid, SIGSTOP);
  wait_for_it("stopped");
  kill(pid, SIGCONT);
  wait_for_it("continued");
  siginfo_t info;
  waitid(P_PID, pid, &info, WCONTINUED);
  printf("waitid: code %d status %d\n", info.si_code, info.si_status);
  kill(pid, SIGTERM);
  wait_for_it("killed");
  waitid(P_PID, pid, &info, WEXITED);
  printf("waitid: code %d status %d\n", info.si_code, info.si_status);
  pid = fork();
  if (pid == 0) {
    raise(SIGSEGV);
    _exit(0);
  }
  wait_for_it("no core allowed");
  waitpid(pid, NULL, 0);
  a.sa_flags |= SA_NOCLDSTOP;
  sigaction(SIGCHLD, &a, NULL);
  pid = fork();
  if (pid == 0)
    for (;;) pause();
  int seen = count;
  kill(pid, SIGSTOP);
  waitid(P_PID, pid, &info, WSTOPPED);
  printf("waitid: code %d status %d, told %d times\n", info.si_code, info.si_status, count - seen);
  kill(pid, SIGKILL);
  wait_for_it("killed while stopped");
}
