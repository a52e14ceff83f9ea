// A process group that becomes orphaned with a stopped member gets SIGHUP and SIGCONT; one that is orphaned does not stop from the terminal's signals.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int hup, cont;
static void on_hup(int sig) { (void)sig, hup++; }
static void on_cont(int sig) { (void)sig, cont++; }

int main(void) {
  int out[2];
  char buffer[200];
  pipe(out);
  setsid();
  pid_t middle = fork();
  if (middle == 0) {
    close(out[0]);
    setpgid(0, 0);
    pid_t grandchild = fork();
    if (grandchild == 0) {
      signal(SIGHUP, on_hup);
      signal(SIGCONT, on_cont);
      raise(SIGSTOP);
      dprintf(out[1], "after the stop: HUP %d CONT %d\n", hup, cont);
      // Orphaned now: a terminal's stop signals do nothing, SIGSTOP would.
      raise(SIGTSTP);
      raise(SIGTTIN);
      raise(SIGTTOU);
      dprintf(out[1], "still here\n");
      _exit(0);
    }
    waitpid(grandchild, NULL, WUNTRACED);
    _exit(0);
  }
  close(out[1]);
  waitpid(middle, NULL, 0);
  FILE *f = fdopen(out[0], "r");
  while (fgets(buffer, sizeof buffer, f)) fputs(buffer, stdout);
}
