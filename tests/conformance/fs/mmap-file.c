// Mapped files: shared and private views, truncation, writes behind a mapping.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* Prints an expression with its result or errno. */
#define T(e)                                                            \
  do {                                                                  \
    errno = 0;                                                          \
    long r_ = (long)(e);                                                \
    if (r_ == -1) printf("%s = -1 %s\n", #e, strerrorname_np(errno));   \
    else printf("%s = %ld\n", #e, r_);                                  \
  } while (0)

static sigjmp_buf env;
static void on(int s, siginfo_t *i, void *u) { siglongjmp(env, i->si_code * 100 + s); }
int main(void) {
  struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
  sigaction(SIGBUS, &sa, NULL);
  sigaction(SIGSEGV, &sa, NULL);
  int fd = open("f", O_CREAT | O_RDWR, 0600);
  write(fd, "hello", 5);
  T(mmap(NULL, 0, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0);
  char *s = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  printf("%.5s %.5s %d\n", s, p, s[100]);
  s[0] = 'J';
  char c[8] = "";
  pread(fd, c, 5, 0);
  printf("%s %.5s\n", c, p);
  p[1] = 'E';
  s[2] = 'L';
  pwrite(fd, "O", 1, 4);
  printf("%.5s %.5s\n", s, p);
  s[10] = '!';
  struct stat st;
  fstat(fd, &st);
  printf("size %ld\n", (long)st.st_size);
  T(ftruncate(fd, 20));
  T(pread(fd, c, 1, 10));
  printf("%d\n", c[0] == '!' || c[0] == 0);
  int code = sigsetjmp(env, 1);
  if (code == 0) s[4096] = 1;
  else printf("beyond the end: signal %d code %d\n", code % 100, code / 100);
  T(ftruncate(fd, 8192));
  s[4096] = 1;
  T(ftruncate(fd, 100));
  code = sigsetjmp(env, 1);
  if (code == 0) c[0] = ((volatile char *)s)[4096];
  else printf("after truncation: signal %d code %d\n", code % 100, code / 100);
  code = sigsetjmp(env, 1);
  if (code == 0) c[0] = ((volatile char *)p)[4096];
  else printf("private: signal %d code %d\n", code % 100, code / 100);
  printf("%c\n", ((volatile char *)s)[0]);
  T(ftruncate(fd, 5000));
  printf("%d\n", ((volatile char *)s)[4096]);
  int ro = open("f", O_RDONLY);
  T(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, ro, 0) == MAP_FAILED ? -1 : 0);
  T(mmap(NULL, 4096, PROT_WRITE, MAP_PRIVATE, ro, 0) == MAP_FAILED ? -1 : 0);
  int wo = open("f", O_WRONLY);
  T(mmap(NULL, 4096, PROT_READ, MAP_SHARED, wo, 0) == MAP_FAILED ? -1 : 0);
  int dir = open(".", O_RDONLY);
  T(mmap(NULL, 4096, PROT_READ, MAP_SHARED, dir, 0) == MAP_FAILED ? -1 : 0);
  close(fd);
  unlink("f");
  s[1] = 'u';
  T(msync(s, 4096, MS_SYNC));
  printf("%.2s\n", s);
  return 0;
}
