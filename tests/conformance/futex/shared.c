// Futexes shared among processes: by anonymous shared memory and by a file mapped at different addresses.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void test(const char *name, int *mine, int *other, int op) {
  *mine = 0;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    struct timespec limit = {0, 300000000};
    long r = syscall(SYS_futex, other, FUTEX_WAIT | op, 0, &limit, NULL, 0);
    _exit(r == 0 ? 1 : errno == ETIMEDOUT ? 2 : 3);
  }
  int woken = 0;
  for (int i = 0; i < 100 && woken == 0; i++) {
    usleep(2000);
    woken = syscall(SYS_futex, mine, FUTEX_WAKE | op, 1, NULL, NULL, 0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("%s: woken %d, child %d\n", name, woken, WEXITSTATUS(status));
}

int main(void) {
  int *anonymous = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char name[] = "/tmp/futex-XXXXXX";
  int fd = mkstemp(name);
  ftruncate(fd, 8192);
  int *first = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  int *second = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
  test("anonymous", anonymous, anonymous, 0);
  test("anonymous, private flag", anonymous, anonymous, FUTEX_PRIVATE_FLAG);
  test("private memory", private, private, 0);
  test("a file at two addresses", first + 1024, second, 0);
  test("other places of the file", first, second, 0);
  unlink(name);
}
