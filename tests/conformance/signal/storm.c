// Thousands of signals between two processes and from timers; nothing is lost that queues.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile long n, sum;
static void h(int s, siginfo_t *si, void *u) { n++; sum += si->si_value.sival_int; }
int main(void) {
  struct sigaction sa; memset(&sa, 0, sizeof sa); sa.sa_sigaction = h; sa.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaction(SIGRTMIN + 3, &sa, 0);
  sigset_t s; sigemptyset(&s); sigaddset(&s, SIGRTMIN + 3);
  int p[2]; pipe(p);
  pid_t c = fork();
  if (c == 0) {
    char b; close(p[1]);
    for (int i = 1; i <= 2000; i++) { union sigval v = {.sival_int = i}; while (sigqueue(getppid(), SIGRTMIN + 3, v)) usleep(100); }
    _exit(0);
  }
  double d = 1; 
  while (n < 2000) { d = d * 1.0000001 + 0.5; if (d > 1e6) d = 1; }
  printf("%ld %ld\n", n, sum);
  int st; waitpid(c, &st, 0); printf("%d\n", st);
  return 0;
}
