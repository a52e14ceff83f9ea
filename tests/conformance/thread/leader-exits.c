// The first thread ends before the others: the process lives on, /proc shows a zombie leader, the last one's status counts.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *other(void *arg) {
  char path[60], line[200];
  (void)arg;
  for (;;) {
    snprintf(path, sizeof path, "/proc/self/task/%d/status", getpid());
    FILE *f = fopen(path, "r");
    char state = 0;
    while (f && fgets(line, sizeof line, f))
      if (!strncmp(line, "State:", 6)) state = line[7];
    if (f) fclose(f);
    if (state == 'Z') break;
    usleep(1000);
  }
  printf("the leader is a zombie; pid still %s\n", getpid() == (int)syscall(SYS_getpid) ? "the same" : "changed");
  fflush(stdout);
  exit(6);
}

int main(void) {
  pid_t child = fork();
  if (child == 0) {
    pthread_t t;
    pthread_create(&t, NULL, other, NULL);
    syscall(SYS_exit, 3);
  }
  int status;
  printf("not yet: %d\n", waitpid(child, &status, WNOHANG));
  fflush(stdout);
  waitpid(child, &status, 0);
  printf("status %d\n", WEXITSTATUS(status));
}
