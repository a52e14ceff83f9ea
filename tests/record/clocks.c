// Sleeps, polls and reads clocks, with a timer's signals and those from outside coming in between: all that a real clock decides.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

static volatile sig_atomic_t ticks, interrupts;

static void tick(int unused) { ticks++; }
static void interrupt(int unused) { interrupts++; }

static long long now(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  signal(SIGALRM, tick);
  signal(SIGINT, interrupt);
  struct itimerval every = {{0, 3000}, {0, 3000}};
  setitimer(ITIMER_REAL, &every, NULL);
  printf("ready\n");
  unsigned long long sum = 0;
  int lines = 0, spins = 0;
  char line[64];
  while (interrupts < 2 || lines < 2) {
    struct pollfd p = {0, POLLIN, 0};
    int n = poll(&p, 1, 5);
    if (n == 1) {
      ssize_t got = read(0, line, sizeof line);
      if (got > 0) {
        lines++;
        printf("got %zd bytes at %lld\n", got, now(CLOCK_REALTIME));
      } else if (got == 0) break;
    }
    struct timespec nap = {0, 1500000};
    int slept = nanosleep(&nap, &nap);
    for (int i = 0; i < 3000; i++) sum = sum * 31 + (unsigned long long)now(CLOCK_MONOTONIC) + __rdtsc();
    sum += (unsigned long long)slept + (unsigned long long)ticks;
    spins++;
  }
  struct timespec cpu;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  printf("%d ticks, %d interrupts, %d lines, %d spins, %ld ns, %llx\n", (int)ticks, (int)interrupts, lines, spins, cpu.tv_nsec, sum);
  return 7;
}
