// alarm and setitimer share one timer; what they return; fork and exec.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int rang;
static void handler(int sig) { (void)sig, rang++; }

int main(int argc, char **argv) {
  if (argc > 1) {
    printf("after exec: alarm(0) = %u\n", alarm(0));
    return 0;
  }
  struct itimerval v = {{0, 0}, {100, 500000}}, old;
  printf("first alarm: %u\n", alarm(50));
  printf("second: %u\n", alarm(40));
  setitimer(ITIMER_REAL, &v, &old);
  printf("old by setitimer: about %ld\n", old.it_value.tv_sec + (old.it_value.tv_usec > 500000));
  printf("rounded: %u\n", alarm(0));
  printf("none: %u\n", alarm(0));
  v.it_value.tv_sec = 0;
  v.it_value.tv_usec = 1000;
  v.it_interval.tv_usec = 1000;
  signal(SIGALRM, handler);
  setitimer(ITIMER_REAL, &v, NULL);
  while (rang < 5) pause();
  getitimer(ITIMER_REAL, &old);
  printf("interval %ld us, armed %d\n", old.it_interval.tv_usec, old.it_value.tv_usec > 0 || old.it_value.tv_sec > 0);
  memset(&v, 0, sizeof v);
  setitimer(ITIMER_REAL, &v, NULL);
  v.it_value.tv_usec = 1000000;
  printf("bad microseconds: %s\n", setitimer(ITIMER_REAL, &v, NULL) < 0 ? strerror(errno) : "ok");
  printf("bad timer: %s\n", setitimer(9, &v, NULL) < 0 ? strerror(errno) : "ok");
  printf("bad get: %s\n", getitimer(-1, &v) < 0 ? strerror(errno) : "ok");
  printf("huge: %u", alarm(0xffffffff));
  unsigned left = alarm(0);
  printf(", left %s\n", left > 4000000000u || left == 0x7fffffff ? "plenty" : "little");
  alarm(60);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    printf("in a child: %u\n", alarm(0));
    fflush(stdout);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  execv("/proc/self/exe", (char *[]){argv[0], "again", NULL});
}
