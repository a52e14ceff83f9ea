// Orphans come to init and leave no zombie: dead before or after their parent, in great number.
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
static int gone(pid_t pid) {
  for (int i = 0; i < 2000; i++) {
    if (kill(pid, 0) < 0 && errno == ESRCH) return 1;
    usleep(1000);
  }
  return 0;
}
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  int out[2];
  pipe(out);
  // The grandchild is a zombie when its parent dies.
  if (fork() == 0) {
    pid_t g = fork();
    if (g == 0) _exit(3);
    write(out[1], &g, sizeof g);
    siginfo_t si;
    waitid(P_PID, g, &si, WEXITED | WNOWAIT);
    _exit(0);
  }
  pid_t pid;
  read(out[0], &pid, sizeof pid);
  wait(0);
  printf("zombie of a dead parent: gone %d\n", gone(pid));
  // It lives on, then dies.
  int hold[2];
  pipe(hold);
  if (fork() == 0) {
    pid_t g = fork();
    if (g == 0) {
      char c;
      close(hold[1]);
      read(hold[0], &c, 1);
      _exit(4);
    }
    write(out[1], &g, sizeof g);
    _exit(0);
  }
  read(out[0], &pid, sizeof pid);
  wait(0);
  printf("orphan lives: %d\n", kill(pid, 0) == 0);
  close(hold[1]);
  printf("orphan ended: gone %d\n", gone(pid));
  // Fifty at once.
  pid_t many[50];
  if (fork() == 0) {
    for (int i = 0; i < 50; i++) {
      pid_t g = fork();
      if (g == 0) _exit(i);
      write(out[1], &g, sizeof g);
    }
    _exit(0);
  }
  for (int i = 0; i < 50; i++) read(out[0], &many[i], sizeof many[i]);
  wait(0);
  usleep(20000);
  int left = 0;
  for (int i = 0; i < 50; i++) left += !gone(many[i]);
  printf("fifty orphans: left %d\n", left);
  // A subreaper gets them instead, and must wait.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (fork() == 0) {
    pid_t g = fork();
    if (g == 0) { while (getppid() != 1 && getppid() == 0) ; _exit(7); }
    write(out[1], &g, sizeof g);
    _exit(0);
  }
  read(out[0], &pid, sizeof pid);
  int n = 0, st, seven = 0;
  for (pid_t w; (w = wait(&st)) > 0; n++) if (w == pid) seven = WEXITSTATUS(st);
  printf("subreaper waited for %d, status %d, then %d\n", n, seven, errno == ECHILD);
  return 0;
}
