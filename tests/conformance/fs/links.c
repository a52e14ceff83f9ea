// Hard links and link counts, unlink of open files.
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

static long links(const char *n) {
  struct stat st;
  return stat(n, &st) ? -1 : (long)st.st_nlink;
}
int main(void) {
  char buf[8] = "";
  struct stat st;
  int fd = open("a", O_CREAT | O_RDWR, 0600);
  write(fd, "abc", 3);
  T(link("a", "b"));
  T(link("a", "b"));
  T(link("missing", "c"));
  T(link("a", "no/c"));
  T(link("a", "c/"));
  T(link("a/", "c"));
  mkdir("d", 0755);
  T(link("d", "e"));
  T(link("a", "d"));
  T(link("a", "d/a"));
  T(links("a"));
  symlink("a", "s");
  T(link("s", "t"));
  T(lstat("t", &st));
  printf("%o %ld\n", st.st_mode & S_IFMT, (long)st.st_nlink);
  T(linkat(AT_FDCWD, "s", AT_FDCWD, "u", AT_SYMLINK_FOLLOW));
  T(links("a"));
  T(linkat(AT_FDCWD, "s", AT_FDCWD, "v", 1));
  T(linkat(fd, "", AT_FDCWD, "w", AT_EMPTY_PATH));
  T(links("a"));
  T(linkat(AT_FDCWD, "/proc/self/cwd", AT_FDCWD, "x", AT_SYMLINK_FOLLOW));
  T(unlink("a"));
  T(unlink("b"));
  T(unlink("d/a"));
  T(unlink("u"));
  T(unlink("w"));
  fstat(fd, &st);
  printf("nlink %ld\n", (long)st.st_nlink);
  T(linkat(fd, "", AT_FDCWD, "again", AT_EMPTY_PATH));
  T(pread(fd, buf, 8, 0));
  T(write(fd, "def", 3));
  T(pread(fd, buf, 8, 0));
  printf("%.6s\n", buf);
  T(unlink("a"));
  T(unlink("d/"));
  T(unlink("."));
  return 0;
}
