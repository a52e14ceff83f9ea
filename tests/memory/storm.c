/* Uses memory in every way there is and leaves; with an argument it does nothing. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#define PAGE 4096UL
#define RW (PROT_READ | PROT_WRITE)
static unsigned seed = 1;
static unsigned next(void) {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed;
}
static void mess(int rounds) {
  char *at[16] = {0};
  size_t size[16] = {0};
  for (int i = 0; i < rounds; i++) {
    unsigned n = next() % 16;
    switch (next() % 9) {
      case 0:
      case 1:
        if (at[n]) munmap(at[n], size[n]);
        size[n] = (1 + next() % 40) * PAGE;
        at[n] = mmap(NULL, size[n], RW, (next() % 2 ? MAP_PRIVATE : MAP_SHARED) | MAP_ANONYMOUS | (next() % 4 ? 0 : MAP_POPULATE), -1, 0);
        break;
      case 2: {
        if (at[n]) munmap(at[n], size[n]);
        int fd = open("/tmp/storm-file", O_RDWR | O_CREAT, 0600);
        size[n] = (1 + next() % 40) * PAGE;
        ftruncate(fd, size[n]);
        at[n] = mmap(NULL, size[n], RW, next() % 2 ? MAP_PRIVATE : MAP_SHARED, fd, 0);
        close(fd);
        break;
      }
      case 3:
        if (at[n]) {
          size_t larger = (1 + next() % 60) * PAGE;
          char *p = mremap(at[n], size[n], larger, MREMAP_MAYMOVE);
          if (p != MAP_FAILED) at[n] = p, size[n] = larger;
        }
        break;
      case 4:
        if (at[n]) mprotect(at[n] + next() % (size[n] / PAGE) * PAGE, PAGE, next() % 2 ? PROT_READ : RW);
        break;
      case 5:
        if (at[n]) madvise(at[n] + next() % (size[n] / PAGE) * PAGE, PAGE, next() % 2 ? MADV_DONTNEED : MADV_REMOVE);
        break;
      case 6:
        if (at[n]) munmap(at[n] + next() % (size[n] / PAGE) * PAGE, PAGE);
        break;
      default:
        /* through the kernel, so that holes and cut files are errors, not signals */
        if (at[n]) {
          struct iovec v = {at[n] + next() % size[n], 1}, from = {&seed, 1};
          if (next() % 2) process_vm_readv(getpid(), &from, 1, &v, 1, 0);
          else process_vm_writev(getpid(), &from, 1, &v, 1, 0);
        }
    }
  }
}
static void *thread(void *arg) {
  char *p = mmap(NULL, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(p, 1, 8 * PAGE);
  return arg;
}
int main(int argc, char **argv) {
  static volatile char untouched[4 * PAGE];
  if (argc > 1) return untouched[PAGE];
  /* whoever is left without a parent is waited for here */
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (int i = 0; i < 30; i++) {
    mess(60);
    pid_t child = fork();
    if (child == 0) {
      seed = i + 1;
      mess(60);
      if (fork() == 0) {
        mess(40);
        _exit(0);
      }
      if (i % 4 == 0) {
        pthread_t t;
        pthread_create(&t, NULL, thread, NULL);
        pthread_create(&t, NULL, thread, NULL);
      }
      if (i % 5 == 0) {
        int pipes[2];
        pipe(pipes);
        write(pipes[1], argv[0] - 100, 60);
        struct iovec v = {(void *)((unsigned long)untouched & ~(PAGE - 1)), PAGE};
        vmsplice(pipes[1], &v, 1, 0);
      }
      if (i % 3 == 1) *(volatile int *)8 = 1;
      if (i % 3 == 2) execl("/proc/self/exe", "storm", "none", NULL);
      _exit(0);
    }
    if (child > 0 && i % 7 == 0) kill(child, SIGKILL);
    if (child > 0) waitpid(child, NULL, 0);
  }
  while (wait(NULL) > 0);
  unlink("/tmp/storm-file");
  return 0;
}
