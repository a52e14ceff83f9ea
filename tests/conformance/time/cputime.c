// Processor time: thread against process clocks, other threads' and processes' clocks, sleeping costs nothing.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
static long ns(clockid_t c) { struct timespec t; clock_gettime(c, &t); return t.tv_sec * 1000000000L + t.tv_nsec; }
static volatile int stop, ready;
static void *burn(void *a) { ready = 1; while (ns(CLOCK_THREAD_CPUTIME_ID) < 60000000) ; ready = 2; while (!stop) usleep(1000); return 0; }
int main(void) {
  long a = ns(CLOCK_PROCESS_CPUTIME_ID);
  struct timespec t = {0, 100000000};
  nanosleep(&t, 0);
  long b = ns(CLOCK_PROCESS_CPUTIME_ID);
  printf("sleep is free %d\n", b - a < 20000000);
  pthread_t th;
  pthread_create(&th, 0, burn, 0);
  while (ready < 2) usleep(1000);
  clockid_t c;
  printf("clockid %d\n", pthread_getcpuclockid(th, &c));
  printf("its time %d mine %d process %d\n", ns(c) >= 60000000, ns(CLOCK_THREAD_CPUTIME_ID) < 50000000, ns(CLOCK_PROCESS_CPUTIME_ID) >= 60000000);
  struct rusage ru, rt;
  getrusage(RUSAGE_SELF, &ru); getrusage(RUSAGE_THREAD, &rt);
  printf("rusage %d %d\n", ru.ru_utime.tv_sec * 1000000 + ru.ru_utime.tv_usec + ru.ru_stime.tv_sec * 1000000 + ru.ru_stime.tv_usec >= 50000, rt.ru_utime.tv_sec * 1000000 + rt.ru_utime.tv_usec < 50000);
  stop = 1;
  pthread_join(th, 0);
  printf("kept after exit %d\n", ns(CLOCK_PROCESS_CPUTIME_ID) >= 60000000);
  return 0;
}
