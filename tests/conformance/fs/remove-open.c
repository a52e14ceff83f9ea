// Removed directories and files that are still in use.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int main(void) {
  struct stat st;
  char c[4];
  mkdir("d", 0755);
  int d = open("d", O_RDONLY | O_DIRECTORY);
  int f = openat(d, "f", O_CREAT | O_RDWR, 0600);
  T(unlinkat(d, "f", 0));
  T(rmdir("d"));
  T(fstat(d, &st));
  printf("%ld\n", (long)st.st_nlink);
  T(openat(d, "f", O_CREAT | O_RDWR, 0600));
  T(openat(d, "f", O_RDONLY));
  T(openat(d, ".", O_RDONLY) >= 0);
  T(mkdirat(d, "x", 0700));
  T(symlinkat("x", d, "x"));
  T(linkat(AT_FDCWD, ".", d, "x", 0));
  T(mknodat(d, "x", S_IFREG | 0600, 0));
  T(renameat(AT_FDCWD, ".", d, "x"));
  T(write(f, "abc", 3));
  T(pread(f, c, 4, 0));
  T(fchmod(f, 0640));
  T(fstat(f, &st));
  printf("%o %ld %ld\n", st.st_mode, (long)st.st_nlink, (long)st.st_size);
  T(mkdir("d", 0755));
  T(fstatat(d, ".", &st, 0));
  printf("%ld\n", (long)st.st_nlink);
  T(access("d/f", F_OK));
  T(fchdir(d));
  T(access("../d", F_OK));
  return 0;
}
