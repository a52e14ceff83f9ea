// Signals for threads and for processes: pthread_kill, per-thread masks, who takes a shared one.
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>
static __thread int id;
static int taken[3];
static sem_t got, go;
static void h(int s, siginfo_t *si, void *u) { taken[id]++; printf("thread %d sig %d code %d\n", id, s, si->si_code); sem_post(&got); }
static void *run(void *a) {
  id = (long)a;
  sigset_t s;
  sigemptyset(&s); sigaddset(&s, SIGUSR2);
  if (id == 1) pthread_sigmask(SIG_BLOCK, &s, 0);
  sem_post(&go);
  for (;;) pause();
}
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  sem_init(&got, 0, 0); sem_init(&go, 0, 0);
  struct sigaction sa; memset(&sa, 0, sizeof sa); sa.sa_sigaction = h; sa.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaction(SIGUSR1, &sa, 0); sigaction(SIGUSR2, &sa, 0);
  pthread_t t[3];
  for (long i = 1; i < 3; i++) { pthread_create(&t[i], 0, run, (void *)i); sem_wait(&go); }
  pthread_kill(t[1], SIGUSR1); sem_wait(&got);
  pthread_kill(t[2], SIGUSR1); sem_wait(&got);
  sigset_t s; sigemptyset(&s); sigaddset(&s, SIGUSR2); pthread_sigmask(SIG_BLOCK, &s, 0);
  kill(getpid(), SIGUSR2); sem_wait(&got);
  raise(SIGUSR1); sem_wait(&got);
  pthread_kill(t[1], SIGUSR2);
  pthread_kill(t[1], SIGUSR1); sem_wait(&got);
  printf("%d %d %d\n", taken[0], taken[1], taken[2]);
  return 0;
}
