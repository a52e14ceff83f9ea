// exit_group while twenty threads compute, sleep, wait and read: all end at once, with its status.
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static sem_t started;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int ends[2];
static void *work(void *arg) {
  char c;
  sem_post(&started);
  switch ((long)arg % 4) {
    case 0: for (;;) __asm__ volatile("");
    case 1: for (;;) sleep(100);
    case 2: pthread_mutex_lock(&lock); break;
    case 3: read(ends[0], &c, 1); break;
  }
  return NULL;
}

int main(void) {
  for (int how = 0; how < 3; how++) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      sem_init(&started, 0, 0);
      pipe(ends);
      pthread_mutex_lock(&lock);
      pthread_t t;
      for (long i = 0; i < 20; i++) pthread_create(&t, NULL, work, (void *)i);
      for (int i = 0; i < 20; i++) sem_wait(&started);
      if (how == 0) _exit(11);
      if (how == 1) abort();
      return 12;
    }
    int status;
    waitpid(child, &status, 0);
    printf("%d: exited %d status %d signal %d\n", how, WIFEXITED(status), WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  }
}
