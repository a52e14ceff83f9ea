/* exec in a process of several threads: the others go, the caller becomes the leader. */
#include "exec.h"
#include <pthread.h>
static int ready[2];
static void *sleeper(void *arg) {
  write(ready[1], "s", 1);
  for (;;) pause();
}
static void *spinner(void *arg) {
  write(ready[1], "c", 1);
  for (;;) ;
}
static void *caller(void *arg) {
  char *argv[] = {"x", "after", NULL}, *env[] = {arg, NULL};
  execve("/proc/self/exe", argv, env);
  _exit(99);
}
int main(int argc, char **argv) {
  if (argc > 1) {
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    while (fgets(line, sizeof line, f))
      if (!strncmp(line, "Threads:", 8)) printf("%s", line);
    printf("pid kept %d, leader %d\n", getpid() == atoi(getenv("PID")), getpid() == syscall(SYS_gettid));
    return 0;
  }
  for (int who = 0; who < 2; who++) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      static char pid[32];
      snprintf(pid, 32, "PID=%d", getpid());
      pipe(ready);
      pthread_t t;
      char c;
      pthread_create(&t, NULL, sleeper, NULL);
      pthread_create(&t, NULL, spinner, NULL);
      read(ready[0], &c, 1);
      read(ready[0], &c, 1);
      if (who == 0) caller(pid);
      pthread_create(&t, NULL, caller, pid);
      for (;;) pause();
    }
    int status;
    printf("reaped %d", waitpid(child, &status, 0) == child);
    printf(" exit %d\n", WEXITSTATUS(status));
  }
  return 0;
}
