// RLIMIT_CPU: SIGXCPU at the soft limit, SIGKILL at the hard one; processor time adds up.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static volatile int x;
static void h(int s) { x++; }
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  pid_t c = fork();
  if (c == 0) {
    signal(SIGXCPU, h);
    struct rlimit rl = {1, 2};
    setrlimit(RLIMIT_CPU, &rl);
    while (!x) ;
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    printf("xcpu after about a second: %d\n", t.tv_sec * 10 + t.tv_nsec / 100000000 >= 8);
    for (;;) ;
  }
  int st;
  struct rusage ru;
  wait4(c, &st, 0, &ru);
  printf("signal %d, seconds %d\n", WTERMSIG(st), ru.ru_utime.tv_sec + ru.ru_stime.tv_sec >= 1);
  getrusage(RUSAGE_CHILDREN, &ru);
  printf("children %d\n", ru.ru_utime.tv_sec + ru.ru_stime.tv_sec >= 1);
  struct tms t;
  times(&t);
  printf("times %d\n", t.tms_cutime + t.tms_cstime >= 150);
  return 0;
}
