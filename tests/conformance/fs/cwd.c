// chdir, fchdir, getcwd.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

int main(void) {
  char buf[4096], base[4096];
  int n = syscall(SYS_getcwd, base, sizeof base);
  T(n == (int)strlen(base) + 1);
  mkdir("d", 0755);
  mkdir("d/e", 0755);
  symlink("d/e", "l");
  close(open("f", O_CREAT | O_WRONLY, 0600));
  T(chdir("l"));
  T(syscall(SYS_getcwd, buf, sizeof buf) == n + 4);
  puts(buf + strlen(base));
  T(syscall(SYS_getcwd, buf, 5));
  T(syscall(SYS_getcwd, 1, 4096));
  T(chdir(".."));
  syscall(SYS_getcwd, buf, sizeof buf);
  puts(buf + strlen(base));
  T(chdir("../f"));
  T(chdir("../none"));
  T(chdir(""));
  T(fchdir(99));
  int fd = open("..", O_RDONLY);
  T(fchdir(fd));
  syscall(SYS_getcwd, buf, sizeof buf);
  T(strcmp(buf, base));
  int f = open("f", O_RDONLY);
  T(fchdir(f));
  T(chdir("/"));
  syscall(SYS_getcwd, buf, sizeof buf);
  puts(buf);
  T(syscall(SYS_getcwd, buf, 2));
  T(syscall(SYS_getcwd, buf, 1));
  T(chdir("d"));
  T(fchdir(fd));
  T(chdir("d"));
  T(setresuid(1000, 1000, 1000));
  T(chdir("e"));
  return 0;
}
