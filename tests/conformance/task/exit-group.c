// exit_group from a thread, a leader that leaves first, exec from a thread.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
static void *spin(void *a) { for (;;) pause(); return 0; }
static void *quit(void *a) { syscall(SYS_exit_group, 21); return 0; }
static void *later(void *a) { usleep(20000); exit(33); return 0; }
static void *execer(void *a) {
  char *args[] = {"me", "x", NULL};
  execv("/proc/self/exe", args);
  _exit(99);
}
static int run(void (*f)(void)) {
  fflush(stdout);
  pid_t p = fork();
  if (p == 0) { f(); _exit(98); }
  int st; waitpid(p, &st, 0);
  return st;
}
static void a(void) { pthread_t t; for (int i = 0; i < 4; i++) pthread_create(&t, 0, spin, 0); pthread_create(&t, 0, quit, 0); for (;;) pause(); }
static void b(void) { pthread_t t; pthread_create(&t, 0, later, 0); pthread_exit(0); }
static void c(void) { pthread_t t; pthread_create(&t, 0, spin, 0); pthread_create(&t, 0, execer, 0); for (;;) pause(); }
int main(int argc, char **argv) {
  if (argc > 1) { printf("pid==tid %d\n", getpid() == syscall(SYS_gettid)); return 44; }
  printf("%x\n", run(a));
  printf("%x\n", run(b));
  printf("%x\n", run(c));
  return 0;
}
