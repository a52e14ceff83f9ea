// Executables cannot be written while they run, nor run while open for writing.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Prints an expression with its result or errno. */
#define T(e)                                                            \
  do {                                                                  \
    errno = 0;                                                          \
    long r_ = (long)(e);                                                \
    if (r_ == -1) printf("%s = -1 %s\n", #e, strerrorname_np(errno));   \
    else printf("%s = %ld\n", #e, r_);                                  \
  } while (0)

int main(int argc, char **argv) {
  if (argc > 1) return 7;
  char buf[65536];
  ssize_t n;
  int in = open("/proc/self/exe", O_RDONLY), out = open("copy", O_CREAT | O_WRONLY, 0700);
  while ((n = read(in, buf, sizeof buf)) > 0) write(out, buf, n);
  execl("./copy", "copy", "x", NULL);
  printf("exec while open for writing: %s\n", strerrorname_np(errno));
  close(out);
  T(open("/proc/self/exe", O_WRONLY));
  T(truncate("/proc/self/exe", 0));
  fflush(stdout);
  int st;
  if (fork() == 0) {
    execl("./copy", "copy", "x", NULL);
    _exit(1);
  }
  wait(&st);
  printf("%d\n", WEXITSTATUS(st));
  T(chmod("copy", 0600));
  execl("./copy", "copy", "x", NULL);
  printf("%s\n", strerrorname_np(errno));
  execl(".", "dir", NULL);
  printf("%s\n", strerrorname_np(errno));
  execl("./none", "none", NULL);
  printf("%s\n", strerrorname_np(errno));
  chmod("copy", 0700);
  truncate("copy", 10);
  execl("./copy", "copy", "x", NULL);
  printf("%s\n", strerrorname_np(errno));
  truncate("copy", 0);
  execl("./copy", "copy", "x", NULL);
  printf("%s\n", strerrorname_np(errno));
  T(open("copy", O_WRONLY));
  return 0;
}
