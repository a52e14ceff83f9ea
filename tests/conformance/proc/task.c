/* Threads have directories of their own. */
#include "proc.h"
#include <pthread.h>
#include <sys/syscall.h>
static volatile int stop;
static volatile pid_t tid;
static void *thread(void *x) {
  prctl(PR_SET_NAME, "worker");
  tid = syscall(SYS_gettid);
  while (!stop) usleep(1000);
  return x;
}
static int entries(const char *path) {
  DIR *d = opendir(path);
  int n = 0;
  struct dirent *e;
  if (!d) return -1;
  while ((e = readdir(d))) n += e->d_name[0] != '.';
  closedir(d);
  return n;
}
int main(void) {
  pthread_t t;
  char path[128];
  struct stat st;
  printf("tasks %d\n", entries("/proc/self/task"));
  pthread_create(&t, NULL, thread, NULL);
  while (!tid) usleep(1000);
  usleep(10000);
  printf("tasks %d\n", entries("/proc/self/task"));
  stat("/proc/self/task", &st);
  printf("links %ld\n", (long)st.st_nlink);
  sprintf(path, "/proc/self/task/%d/comm", tid);
  slurp(path);
  printf("comm %s", text);
  printf("rename %d\n", put(path, "renamed"));
  slurp(path);
  printf("comm %s", text);
  slurp("/proc/self/comm");
  printf("main %s", strcmp(text, "renamed\n") ? "unchanged\n" : text);
  sprintf(path, "/proc/self/task/%d/status", tid);
  slurp(path);
  printf("tgid %d pid %d", atoi(field("Tgid")) == getpid(), atoi(field("Pid")) == tid);
  printf(" threads %s\n", field("Threads"));
  sprintf(path, "/proc/self/task/%d/stat", tid);
  slurp(path);
  printf("stat %d\n", atoi(text) == tid);
  sprintf(path, "/proc/%d/status", tid);
  printf("named directly %d\n", slurp(path) > 0);
  sprintf(path, "/proc/self/task/%d", 1);
  printf("not ours %s\n", WHY(access(path, F_OK)));
  DIR *d = opendir("/proc");
  struct dirent *e;
  int listed = 0;
  while ((e = readdir(d))) listed += atoi(e->d_name) == tid;
  printf("listed %d\n", listed);
  stop = 1;
  pthread_join(t, NULL);
  usleep(10000);
  printf("tasks %d\n", entries("/proc/self/task"));
  return 0;
}
