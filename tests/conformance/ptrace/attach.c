// Who traces whom: TRACEME, ATTACH, SEIZE, DETACH, and what they refuse.
#include "ptrace.h"

static void idle(void) { for (;;) pause(); }
static void nothing(void) {}

int main(void) {
  int s;
  show("no such process", pt(PTRACE_ATTACH, 999999, 0, 0));
  show("myself", pt(PTRACE_ATTACH, getpid(), 0, 0));
  show("seize myself", pt(PTRACE_SEIZE, getpid(), 0, 0));
  show("pid 0", pt(PTRACE_ATTACH, 0, 0, 0));
  show("pid -1", pt(PTRACE_ATTACH, -1, 0, 0));
  show("not my tracee", pt(PTRACE_CONT, getppid(), 0, 0));
  show("unknown request", pt(12345, getppid(), 0, 0));

  pid_t p = fork();
  if (p == 0) idle();
  show("seize with addr", pt(PTRACE_SEIZE, p, 1, 0));
  show("seize with unknown options", pt(PTRACE_SEIZE, p, 0, 0x400));
  show("attach", pt(PTRACE_ATTACH, p, 0, 0));
  show("again", pt(PTRACE_ATTACH, p, 0, 0));
  show("seize too", pt(PTRACE_SEIZE, p, 0, 0));
  waits("child", p);
  printf("state %c\n", state_of(p));
  char path[64];
  sprintf(path, "/proc/%d/status", p);
  FILE *f = fopen(path, "r");
  char line[256];
  while (fgets(line, 256, f)) {
    int n;
    if (sscanf(line, "TracerPid: %d", &n) == 1) printf("traced by me: %d\n", n == getpid());
    if (!strncmp(line, "State", 5)) fputs(line, stdout);
  }
  fclose(f);
  show("interrupt needs seize", pt(PTRACE_INTERRUPT, p, 0, 0));
  show("listen needs seize", pt(PTRACE_LISTEN, p, 0, 0));
  show("unknown request", pt(12345, p, 0, 0));
  show("cont with signal 65", pt(PTRACE_CONT, p, 0, 65));
  show("cont with signal -1", pt(PTRACE_CONT, p, 0, -1));
  show("detach with signal 100", pt(PTRACE_DETACH, p, 0, 100));
  show("detach", pt(PTRACE_DETACH, p, 0, 0));
  show("no more", pt(PTRACE_CONT, p, 0, 0));
  status_line(p, "TracerPid");
  show("attach once more", pt(PTRACE_ATTACH, p, 0, 0));
  waits("child", p);
  show("detach with a signal", pt(PTRACE_DETACH, p, 0, SIGTERM));
  waits("child", p);
  show("gone", pt(PTRACE_ATTACH, p, 0, 0));

  p = fork();
  if (p == 0) idle();
  usleep(20000);
  show("seize", pt(PTRACE_SEIZE, p, 0, PTRACE_O_TRACESYSGOOD));
  usleep(20000);
  printf("state %c, wait %d\n", state_of(p), waitpid(p, &s, WNOHANG | __WALL));
  show("not stopped", pt(PTRACE_CONT, p, 0, 0));
  show("interrupt", pt(PTRACE_INTERRUPT, p, 0, 0));
  waits("child", p);
  siginfo_t si;
  show("siginfo", pt(PTRACE_GETSIGINFO, p, 0, P(&si)));
  printf("signo %d code %x pid %d\n", si.si_signo, si.si_code, si.si_pid == p);
  show("cont", pt(PTRACE_CONT, p, 0, 0));
  show("interrupt twice", pt(PTRACE_INTERRUPT, p, 0, 0));
  waits("child", p);
  show("interrupt while stopped", pt(PTRACE_INTERRUPT, p, 0, 0));
  show("cont", pt(PTRACE_CONT, p, 0, 0));
  waits("child", p);
  show("kill", pt(PTRACE_KILL, p, 0, 0));
  waits("child", p);

  puts("a zombie cannot be attached");
  p = fork();
  if (p == 0) _exit(3);
  usleep(20000);
  show("attach", pt(PTRACE_ATTACH, p, 0, 0));
  waits("zombie", p);

  puts("traceme twice");
  fflush(stdout);
  p = fork();
  if (p == 0) {
    show("first", pt(PTRACE_TRACEME, 0, 0, 0));
    show("second", pt(PTRACE_TRACEME, 0, 0, 0));
    _exit(0);
  }
  waits("child", p);

  puts("other users");
  int to[2];
  pipe(to);
  fflush(stdout);
  p = fork();
  if (p == 0) idle();
  pid_t q = fork();
  if (q == 0) {
    setresuid(1000, 1000, 1000);
    show("attach root's", pt(PTRACE_ATTACH, p, 0, 0));
    show("seize root's", pt(PTRACE_SEIZE, p, 0, 0));
    pid_t own = fork();
    if (own == 0) {
      prctl(PR_SET_DUMPABLE, 1);
      close(to[0]);
      write(to[1], "x", 1);
      idle();
    }
    char c;
    read(to[0], &c, 1);
    show("attach own", pt(PTRACE_ATTACH, own, 0, 0));
    waits("own", own);
    kill(own, SIGKILL);
    waits("own", own);
    _exit(0);
  }
  waitpid(q, 0, 0);
  kill(p, SIGKILL);
  waits("root's", p);
}
