// Affinity masks, membarrier, getcpu, thread names, per-thread clocks.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void *named(void *arg) {
  char name[16] = "?", line[64] = "";
  (void)arg;
  pthread_setname_np(pthread_self(), "a-worker");
  pthread_getname_np(pthread_self(), name, sizeof name);
  FILE *f = fopen("/proc/thread-self/comm", "r");
  fgets(line, sizeof line, f);
  fclose(f);
  printf("%s, %s", name, line);
  printf("too long: %s\n", strerror(pthread_setname_np(pthread_self(), "sixteen-letters-")));
  return NULL;
}

int main(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(0, &set);
  printf("set %d\n", sched_setaffinity(0, sizeof set, &set));
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  printf("count %d, first %d\n", CPU_COUNT(&set), CPU_ISSET(0, &set) != 0);
  CPU_ZERO(&set);
  printf("none: %s\n", sched_setaffinity(0, sizeof set, &set) < 0 ? strerror(errno) : "ok");
  printf("short buffer: %s\n", syscall(SYS_sched_getaffinity, 0, 1, &set) < 0 ? strerror(errno) : "ok");
  printf("returned size %ld\n", syscall(SYS_sched_getaffinity, 0, 8, &set));
  unsigned cpu = 9, node = 9;
  getcpu(&cpu, &node);
  printf("cpu %u node %u\n", cpu, node);
  printf("membarrier register %ld, private %ld\n", syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0),
         syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
  printf("membarrier flags: %s\n", syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 77, 0) < 0 ? strerror(errno) : "ok");
  pthread_t t;
  pthread_create(&t, NULL, named, NULL);
  pthread_join(t, NULL);
  clockid_t id;
  struct timespec now;
  printf("clock %d", pthread_getcpuclockid(pthread_self(), &id));
  printf(" %d\n", clock_gettime(id, &now));
}
