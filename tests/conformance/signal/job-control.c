// SIGTTIN/SIGTSTP in orphaned and other groups; SIGHUP and SIGCONT to a newly orphaned stopped group.
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <stdlib.h>
static int out;
static void say(const char *s) { int n = 0; while (s[n]) n++; write(out, s, n); }
static void cont(int s) { say(s == SIGHUP ? "hup\n" : "cont\n"); }
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  out = 1;
  pid_t a = fork();
  if (a == 0) {
    setsid();
    // Session leader: its own group is orphaned, so SIGTSTP does nothing by default.
    raise(SIGTSTP);
    say("leader not stopped\n");
    pid_t b = fork();
    if (b == 0) {
      setpgid(0, 0);
      raise(SIGTSTP);
      _exit(3);
    }
    int st;
    waitpid(b, &st, WUNTRACED);
    printf("member stopped %d by %d\n", WIFSTOPPED(st), WSTOPSIG(st) == SIGTSTP);
    kill(b, SIGCONT);
    waitpid(b, &st, 0);
    printf("then exit %d\n", WEXITSTATUS(st));
    int p[2];
    pipe(p);
    b = fork();
    if (b == 0) {
      setpgid(0, 0);
      pid_t c = fork();
      if (c == 0) {
        close(p[0]);
        signal(SIGHUP, cont);
        signal(SIGCONT, cont);
        raise(SIGSTOP);
        say("went on\n");
        _exit(0);
      }
      waitpid(c, &st, WUNTRACED);
      _exit(4);
    }
    close(p[1]);
    waitpid(b, &st, 0);
    char x;
    read(p[0], &x, 1);
    printf("middle %d\n", WEXITSTATUS(st));
    _exit(0);
  }
  waitpid(a, 0, 0);
  return 0;
}
