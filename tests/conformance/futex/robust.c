// Robust mutexes: the holder dies, the next one gets EOWNERDEAD.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/futex.h>
static void *die(void *p) { pthread_mutex_lock(p); return 0; }
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  for (int pi = 0; pi < 2; pi++) {
    pthread_mutex_t *m = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    if (pi) pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(m, &a);
    pthread_t t;
    pthread_create(&t, 0, die, m);
    pthread_join(t, 0);
    printf("after thread: %d\n", pthread_mutex_lock(m) == EOWNERDEAD);
    printf("consistent %d\n", pthread_mutex_consistent(m));
    printf("unlock %d\n", pthread_mutex_unlock(m));
    int p[2];
    pipe(p);
    pid_t c = fork();
    if (c == 0) { pthread_mutex_lock(m); write(p[1], "x", 1); usleep(50000); _exit(0); }
    char b;
    read(p[0], &b, 1);
    printf("after process: %d\n", pthread_mutex_lock(m) == EOWNERDEAD);
    printf("unlock without consistent %d\n", pthread_mutex_unlock(m));
    printf("not recoverable: %d\n", pthread_mutex_lock(m) == ENOTRECOVERABLE);
    waitpid(c, 0, 0);
  }
  struct robust_list_head *h; size_t len = 0;
  printf("get %ld", syscall(SYS_get_robust_list, 0, &h, &len)); printf(" len %zu\n", len);
  errno = 0; long r = syscall(SYS_set_robust_list, h, 10); int e = errno; printf("set bad size %ld %d\n", r, e);
  return 0;
}
