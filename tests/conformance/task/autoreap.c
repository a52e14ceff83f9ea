// SIGCHLD ignored or SA_NOCLDWAIT: no zombies; wait says ECHILD when all are gone.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile int chld;
static void on(int s) { chld++; }
int main(void) {
  signal(SIGCHLD, SIG_IGN);
  if (fork() == 0) _exit(3);
  errno = 0;
  int w = wait(NULL);
  printf("ignored: %d %d\n", w, errno == ECHILD);
  struct sigaction sa;
  memset(&sa, 0, sizeof sa);
  sa.sa_handler = on;
  sa.sa_flags = SA_NOCLDWAIT | SA_RESTART;
  sigaction(SIGCHLD, &sa, 0);
  if (fork() == 0) _exit(3);
  errno = 0;
  w = wait(NULL);
  printf("nocldwait: %d %d handler=%d\n", w, errno == ECHILD, chld);
  sa.sa_flags = SA_RESTART;
  sigaction(SIGCHLD, &sa, 0);
  pid_t c = fork();
  if (c == 0) _exit(4);
  int st;
  pid_t r = wait(&st);
  printf("normal: %d %d handler=%d\n", r == c, WEXITSTATUS(st), chld);
  return 0;
}
