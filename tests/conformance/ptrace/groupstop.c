// Stops of the whole group against stops for the tracer: SIGSTOP and SIGCONT, LISTEN, attaching to a stopped process, waits of parent and tracer.
#include "ptrace.h"
#include <dirent.h>

static void idle(void) { for (;;) usleep(10000); }
static void *idle_thread(void *a) { for (;;) usleep(10000); }
static siginfo_t si;
static void info(pid_t p) {
  memset(&si, 0, sizeof si);
  show("  siginfo", pt(PTRACE_GETSIGINFO, p, 0, P(&si)));
  if (si.si_signo) printf("  signo %d code %x\n", si.si_signo, si.si_code);
}
/** By waitid, with its own words for things. */
static void waitid_(pid_t p, int options) {
  siginfo_t w = {0};
  long r = KERNEL(waitid(P_PID, p, &w, options | WNOHANG));
  printf("  waitid %ld: signo %d code %d status %x\n", r, w.si_signo, w.si_code, w.si_status);
  fflush(stdout);
}
int main(void) {
  puts("attached");
  pid_t p = fork();
  if (p == 0) idle();
  pt(PTRACE_ATTACH, p, 0, 0);
  waits("child", p);
  pt(PTRACE_CONT, p, 0, 0);
  kill(p, SIGSTOP);
  waits("delivery", p);
  info(p);
  pt(PTRACE_CONT, p, 0, SIGSTOP);
  waits("group", p);
  info(p);
  printf("state %c\n", state_of(p));
  show("listen", pt(PTRACE_LISTEN, p, 0, 0));
  pt(PTRACE_CONT, p, 0, 0);
  usleep(20000);
  printf("runs though the group is stopped: %c\n", state_of(p) == 't' || state_of(p) == 'T' ? 'n' : 'y');
  kill(p, SIGCONT);
  waits("SIGCONT", p);
  pt(PTRACE_CONT, p, 0, SIGCONT);
  kill(p, SIGTSTP);
  waits("delivery", p);
  pt(PTRACE_CONT, p, 0, 0);
  usleep(20000);
  waitid_(p, WSTOPPED | WEXITED);
  kill(p, SIGKILL);
  waits("child", p);

  puts("seized");
  p = fork();
  if (p == 0) idle();
  pt(PTRACE_SEIZE, p, 0, 0);
  kill(p, SIGSTOP);
  waits("delivery", p);
  pt(PTRACE_CONT, p, 0, SIGSTOP);
  waits("group", p);
  info(p);
  show("listen", pt(PTRACE_LISTEN, p, 0, 0));
  show("while it listens", pt(PTRACE_CONT, p, 0, 0));
  waitid_(p, WSTOPPED | WEXITED);
  kill(p, SIGCONT);
  waits("notified", p);
  info(p);
  pt(PTRACE_CONT, p, 0, 0);
  waits("SIGCONT", p);
  pt(PTRACE_CONT, p, 0, SIGCONT);
  kill(p, SIGSTOP);
  waits("delivery", p);
  pt(PTRACE_CONT, p, 0, SIGSTOP);
  waits("group", p);
  pt(PTRACE_LISTEN, p, 0, 0);
  show("interrupt a listener", pt(PTRACE_INTERRUPT, p, 0, 0));
  waits("again", p);
  info(p);
  show("detach", pt(PTRACE_DETACH, p, 0, 0));
  usleep(20000);
  printf("stays stopped: %c\n", state_of(p));
  waitid_(p, WSTOPPED | WEXITED | WCONTINUED);
  kill(p, SIGCONT);
  usleep(20000);
  printf("goes on: %c\n", state_of(p) == 'T' ? 'n' : 'y');
  waitid_(p, WSTOPPED | WEXITED | WCONTINUED);

  puts("attach to a stopped process");
  kill(p, SIGSTOP);
  int s;
  waitpid(p, &s, WUNTRACED);
  status_text("child", s);
  show("seize", pt(PTRACE_SEIZE, p, 0, 0));
  waits("at once", p);
  info(p);
  pt(PTRACE_DETACH, p, 0, 0);
  usleep(20000);
  printf("state %c\n", state_of(p));
  show("attach", pt(PTRACE_ATTACH, p, 0, 0));
  printf("state %c\n", state_of(p));
  waits("at once", p);
  pt(PTRACE_CONT, p, 0, 0);
  waits("its SIGSTOP", p);
  kill(p, SIGKILL);
  waits("child", p);

  puts("threads");
  p = fork();
  if (p == 0) {
    pthread_t t;
    pthread_create(&t, 0, idle_thread, 0);
    idle();
  }
  usleep(50000);
  char path[64];
  sprintf(path, "/proc/%d/task", p);
  pid_t q = 0;
  DIR *d = opendir(path);
  for (struct dirent *e; (e = readdir(d));)
    if (atoi(e->d_name) > 0 && atoi(e->d_name) != p) q = atoi(e->d_name);
  closedir(d);
  show("seize leader", pt(PTRACE_SEIZE, p, 0, 0));
  show("seize thread", pt(PTRACE_SEIZE, q, 0, 0));
  kill(p, SIGSTOP);
  waits("delivery", p);
  pt(PTRACE_CONT, p, 0, SIGSTOP);
  waits("leader", p);
  waits("thread", q);
  printf("states %c %c\n", state_of(p), state_of(q));
  pt(PTRACE_LISTEN, p, 0, 0);
  pt(PTRACE_LISTEN, q, 0, 0);
  kill(p, SIGCONT);
  waits("leader", p);
  waits("thread", q);
  pt(PTRACE_CONT, q, 0, 0);
  pt(PTRACE_CONT, p, 0, 0);
  int w;
  pid_t r = waitpid(-1, &w, __WALL);
  printf("%s took SIGCONT: %x\n", r == p || r == q ? "one" : "?", w);
  pt(PTRACE_CONT, r, 0, 0);
  syscall(SYS_tgkill, p, q, SIGKILL);
  waits("thread", q);
  waits("leader", p);

  puts("the parent is not told, the tracer is; a process in between");
  int pipefd[2];
  pipe(pipefd);
  fflush(stdout);
  p = fork();
  if (p == 0) idle();
  if (fork() == 0) {
    show("attach", pt(PTRACE_ATTACH, p, 0, 0));
    waits("tracer", p);
    pt(PTRACE_CONT, p, 0, 0);
    kill(p, SIGSTOP);
    waits("tracer", p);
    pt(PTRACE_CONT, p, 0, SIGSTOP);
    waits("tracer", p);
    write(pipefd[1], "x", 1);
    usleep(100000);
    kill(p, SIGKILL);
    waits("tracer", p);
    usleep(50000);
    puts("tracer goes");
    fflush(stdout);
    _exit(0);
  }
  char c;
  read(pipefd[0], &c, 1);
  r = waitpid(p, &w, WUNTRACED);
  printf("parent: group stop %x\n", w);
  r = waitpid(p, &w, 0);
  usleep(20000);
  status_text("parent", w);
  wait(0);
}
