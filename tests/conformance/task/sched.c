// Scheduling policies, priorities, nice values, affinity: what is accepted and what is refused.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
int main(void) {
  struct sched_param p = {0};
  T(sched_getscheduler(0));
  T(sched_getparam(0, &p));
  for (int i = -1; i < 8; i++) printf("%d: %d %d\n", i, sched_get_priority_min(i), sched_get_priority_max(i));
  p.sched_priority = 0; T(sched_setscheduler(0, SCHED_FIFO, &p));
  p.sched_priority = 100; T(sched_setscheduler(0, SCHED_FIFO, &p));
  p.sched_priority = 1; T(sched_setscheduler(0, SCHED_OTHER, &p));
  T(sched_setscheduler(0, 9, &p));
  p.sched_priority = 0; T(sched_setscheduler(0, SCHED_BATCH, &p)); T(sched_getscheduler(0));
  T(sched_setscheduler(0, SCHED_IDLE | SCHED_RESET_ON_FORK, &p)); printf("%x\n", sched_getscheduler(0));
  T(sched_setscheduler(0, SCHED_OTHER, &p));
  T(sched_setscheduler(-1, SCHED_OTHER, &p)); T(sched_getscheduler(-1)); T(sched_getscheduler(0x7ffffff));
  T(syscall(SYS_sched_setscheduler, 0, 0, 0)); T(syscall(SYS_sched_getparam, 0, 0));
  T(getpriority(PRIO_PROCESS, 0)); T(setpriority(PRIO_PROCESS, 0, 5)); T(syscall(SYS_getpriority, PRIO_PROCESS, 0));
  T(setpriority(PRIO_PROCESS, 0, 100)); T(getpriority(PRIO_PROCESS, 0)); T(setpriority(3, 0, 0)); T(getpriority(-1, 0)); T(setpriority(PRIO_PROCESS, 0x7ffffff, 0));
  T(nice(-30)); T(nice(3));
  cpu_set_t c; CPU_ZERO(&c);
  T(sched_setaffinity(0, sizeof c, &c)); CPU_SET(0, &c); T(sched_setaffinity(0, sizeof c, &c));
  unsigned long m = 0; T(syscall(SYS_sched_getaffinity, 0, 8, &m)); printf("%lx\n", m);
  T(syscall(SYS_sched_getaffinity, 0, 4, &m)); T(syscall(SYS_sched_getaffinity, 0x7ffffff, 8, &m)); T(sched_yield()); T(sched_getcpu() >= 0);
  struct { unsigned size, policy; unsigned long flags; int nice; unsigned prio; unsigned long a, b, c; unsigned d, e; } at;
  memset(&at, 0, sizeof at);
  T(syscall(SYS_sched_getattr, 0, &at, sizeof at, 0)); printf("%u %u %d\n", at.size, at.policy, at.nice);
  T(syscall(SYS_sched_getattr, 0, &at, 20, 0)); T(syscall(SYS_sched_getattr, 0, &at, sizeof at, 1));
  at.nice = 7; T(syscall(SYS_sched_setattr, 0, &at, 0)); T(getpriority(PRIO_PROCESS, 0));
  at.size = 10; T(syscall(SYS_sched_setattr, 0, &at, 0)); T(syscall(SYS_sched_setattr, 0, &at, 1));
  return 0;
}
