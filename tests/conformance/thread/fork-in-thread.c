// fork from a thread leaves one thread in the child; signals and waiting across threads.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <dirent.h>
static int tasks(void) { DIR *d = opendir("/proc/self/task"); int n = 0; struct dirent *e; while ((e = readdir(d))) n += e->d_name[0] != '.'; closedir(d); return n; }
static pid_t child;
static void *idle(void *a) { for (;;) pause(); }
static void *forker(void *a) {
  child = fork();
  if (child == 0) _exit(tasks() == 1 && getpid() == syscall(SYS_gettid) ? 11 : 12);
  return 0;
}
int main(void) {
  pthread_t t;
  pthread_create(&t, 0, idle, 0); pthread_create(&t, 0, idle, 0);
  printf("threads %d\n", tasks());
  pthread_create(&t, 0, forker, 0);
  pthread_join(t, 0);
  int st;
  // The forking thread is gone: its child is still waited for by the process.
  printf("wait %d", wait(&st) == child); printf(" code %d\n", WEXITSTATUS(st));
  fflush(stdout);
  pid_t p = fork();
  if (p == 0) { pthread_create(&t, 0, idle, 0); pthread_create(&t, 0, forker, 0); pthread_join(t, 0); waitpid(child, &st, 0); _exit(WEXITSTATUS(st)); }
  waitpid(p, &st, 0);
  printf("nested %d\n", WEXITSTATUS(st));
  return 0;
}
