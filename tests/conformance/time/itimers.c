// setitimer of all three kinds, alarm, their remaining times and errors.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
static volatile int n[3];
static void h(int s) { n[s == SIGALRM ? 0 : s == SIGVTALRM ? 1 : 2]++; }
int main(void) {
  struct sigaction sa; memset(&sa, 0, sizeof sa); sa.sa_handler = h; sa.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &sa, 0); sigaction(SIGVTALRM, &sa, 0); sigaction(SIGPROF, &sa, 0);
  for (int w = 0; w < 3; w++) {
    struct itimerval it = {{0, 10000}, {0, 10000}}, old, cur, off = {{0, 0}, {0, 0}};
    int r = setitimer(w, &it, &old);
    printf("%d: set %d old %ld\n", w, r, (long)old.it_value.tv_usec);
    while (n[w] < 3) ;
    r = getitimer(w, &cur);
    printf("get %d interval %ld running %d\n", r, (long)cur.it_interval.tv_usec, cur.it_value.tv_usec > 0 && cur.it_value.tv_usec <= 10000);
    setitimer(w, &off, &old);
    printf("old interval %ld\n", (long)old.it_interval.tv_usec);
    getitimer(w, &cur);
    printf("off %ld %ld\n", (long)cur.it_value.tv_usec, (long)cur.it_interval.tv_usec);
  }
  printf("alarm %u", alarm(100)); printf(" %u", alarm(50)); printf(" %u\n", alarm(0));
  struct itimerval bad = {{0, 0}, {0, 1000000}}, neg = {{0, 0}, {-1, 0}};
  errno = 0; int r = setitimer(0, &bad, 0); int e = errno; printf("usec %d %d\n", r, e);
  errno = 0; r = setitimer(0, &neg, 0); e = errno; printf("negative %d %d\n", r, e);
  errno = 0; r = syscall(SYS_setitimer, 3, &bad, 0); e = errno; printf("which %d %d\n", r, e);
  errno = 0; r = syscall(SYS_getitimer, 3, &bad); e = errno; printf("get which %d %d\n", r, e);
  errno = 0; r = syscall(SYS_getitimer, 0, 1); e = errno; printf("get fault %d %d\n", r, e);
  errno = 0; r = syscall(SYS_setitimer, 0, 1, 0); e = errno; printf("set fault %d %d\n", r, e);
  int before = n[0];
  struct itimerval one = {{0, 0}, {0, 20000}};
  setitimer(0, &one, 0);
  pause();
  printf("one shot %d\n", n[0] - before);
  if (fork() == 0) { struct itimerval c; getitimer(0, &c); _exit(0); }
  return 0;
}
