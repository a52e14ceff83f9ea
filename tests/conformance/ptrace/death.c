// The end of tracer or tracee: EXITKILL, a tracer that goes, threads that only their tracer can reap, exec by a thread.
#include "ptrace.h"

static void *sleeper(void *a) { for (;;) pause(); }
static void *exiter(void *a) { syscall(SYS_exit, 3); return 0; }
static void *execs(void *a) {
  char *argv[] = {"x", "child", NULL};
  execv("/proc/self/exe", argv);
  return 0;
}
static void tracer_goes(int options, int stopped) {
  int ready[2];
  pipe(ready);
  fflush(stdout);
  pid_t p = fork();
  if (p == 0) for (;;) pause();
  pid_t t = fork();
  if (t == 0) {
    pt(PTRACE_SEIZE, p, 0, options);
    if (stopped) {
      pt(PTRACE_INTERRUPT, p, 0, 0);
      waitpid(p, 0, __WALL);
    }
    write(ready[1], "x", 1);
    _exit(0);
  }
  char c;
  read(ready[0], &c, 1);
  waitpid(t, 0, 0);
  usleep(30000);
  int s = 0;
  printf("wait %d state %c\n", waitpid(p, &s, WNOHANG) == p, state_of(p));
  if (s) status_text("it", s);
  else {
    status_line(p, "TracerPid");
    kill(p, SIGTERM);
    waits("it", p);
  }
}
int main(int argc, char **argv) {
  if (argc > 1) {
    printf("  new program, leader %d\n", getpid() == syscall(SYS_gettid));
    return 4;
  }
  setbuf(stdout, 0);
  puts("tracer goes");
  tracer_goes(0, 0);
  puts("tracer goes while it is stopped");
  tracer_goes(0, 1);
  puts("EXITKILL");
  tracer_goes(PTRACE_O_EXITKILL, 0);
  puts("EXITKILL while it is stopped");
  tracer_goes(PTRACE_O_EXITKILL, 1);

  puts("a thread ends");
  pid_t p = fork();
  if (p == 0) {
    usleep(100000);
    pthread_t t;
    pthread_create(&t, 0, exiter, 0);
    for (;;) pause();
  }
  pt(PTRACE_SEIZE, p, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT);
  waits("leader", p);
  unsigned long msg;
  pt(PTRACE_GETEVENTMSG, p, 0, P(&msg));
  pid_t q = msg;
  waits("thread", q);
  pt(PTRACE_CONT, q, 0, 0);
  pt(PTRACE_CONT, p, 0, 0);
  waits("thread", q);
  pt(PTRACE_GETEVENTMSG, q, 0, P(&msg));
  printf("code %lx\n", msg);
  pt(PTRACE_CONT, q, 0, 0);
  usleep(30000);
  printf("state %c\n", state_of(q));
  waits("thread", q);
  int s;
  printf("gone: %s\n", waitpid(q, &s, __WALL) < 0 ? strerrorname_np(errno) : "?");
  kill(p, SIGKILL);
  waits("leader", p);
  pt(PTRACE_CONT, p, 0, 0);
  waits("leader", p);

  puts("exec by a thread");
  p = fork();
  if (p == 0) {
    usleep(100000);
    pthread_t t, u;
    pthread_create(&u, 0, sleeper, 0);
    pthread_create(&t, 0, execs, 0);
    for (;;) pause();
  }
  pt(PTRACE_SEIZE, p, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC);
  pid_t threads[2] = {0, 0};
  for (int i = 0; i < 2; i++) {
    waits("leader", p);
    pt(PTRACE_GETEVENTMSG, p, 0, P(&msg));
    threads[i] = msg;
    waits("thread", msg);
    pt(PTRACE_CONT, threads[i], 0, 0);
    pt(PTRACE_CONT, p, 0, 0);
  }
  int exits = 0;
  for (;;) {
    pid_t r = waitpid(-1, &s, __WALL);
    if (r < 0) break;
    const char *who = r == p ? "leader" : r == threads[0] ? "sleeper" : r == threads[1] ? "execer" : "?";
    // Leader and sleeper end in any order.
    if (s >> 16 == PTRACE_EVENT_EXIT && exits < 2) exits++;
    else if (r == threads[0]) printf("sleeper reaped %x\n", s);
    else status_text(who, s);
    if (s >> 16 == PTRACE_EVENT_EXEC) {
      pt(PTRACE_GETEVENTMSG, r, 0, P(&msg));
      printf("was %s\n", msg == threads[1] ? "execer" : msg == p ? "leader" : "?");
    }
    if (WIFSTOPPED(s)) pt(PTRACE_CONT, r, 0, 0);
  }
  printf("exits %d\n", exits);

  puts("killed at the exit stop");
  p = fork();
  if (p == 0) {
    usleep(50000);
    _exit(9);
  }
  pt(PTRACE_SEIZE, p, 0, PTRACE_O_TRACEEXIT);
  waits("child", p);
  kill(p, SIGKILL);
  usleep(20000);
  pt(PTRACE_CONT, p, 0, 0);
  waits("child", p);
}
