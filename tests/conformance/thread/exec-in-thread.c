// exec from a thread while others sleep, hold locks and wait: one thread remains, under the process's id.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int p[2];
static void *onPipe(void *a) { char b; read(p[0], &b, 1); return 0; }
static void *onLock(void *a) { pthread_mutex_lock(&m); return 0; }
static void *onCond(void *a) { pthread_mutex_t n = PTHREAD_MUTEX_INITIALIZER; pthread_mutex_lock(&n); pthread_cond_wait(&c, &n); return 0; }
static void *spin(void *a) { for (;;) ; return 0; }
static void *go(void *a) {
  usleep(20000);
  char buf[32]; sprintf(buf, "%d", getpid());
  char *args[] = {"me", buf, 0};
  execv("/proc/self/exe", args);
  return 0;
}
int main(int argc, char **argv) {
  if (argc > 1) {
    printf("same pid %d leader %d\n", atoi(argv[1]) == getpid(), getpid() == syscall(SYS_gettid));
    char comm[32] = {0}; FILE *f = fopen("/proc/self/status", "r"); char line[256];
    while (fgets(line, sizeof line, f)) if (!strncmp(line, "Threads:", 8)) printf("%s", line);
    return 6;
  }
  pthread_t t;
  pipe(p);
  pthread_mutex_lock(&m);
  pthread_create(&t, 0, onPipe, 0); pthread_create(&t, 0, onLock, 0); pthread_create(&t, 0, onCond, 0); pthread_create(&t, 0, spin, 0); pthread_create(&t, 0, go, 0);
  for (;;) pause();
}
