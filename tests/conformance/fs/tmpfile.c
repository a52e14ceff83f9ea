// O_TMPFILE: unnamed files, and giving them a name.
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
  char path[64];
  struct stat st;
  T(open(".", O_TMPFILE | O_RDONLY, 0600));
  T(open("none", O_TMPFILE | O_RDWR, 0600));
  T(open(".", O_TMPFILE | O_RDWR | O_CREAT, 0600));
  close(open("f", O_CREAT | O_RDWR, 0600));
  T(open("f", O_TMPFILE | O_RDWR, 0600));
  T(open(".", O_TMPFILE | O_RDWR, 0644));
  T(fstat(3, &st));
  printf("%o %ld\n", st.st_mode, (long)st.st_nlink);
  T(write(3, "hidden", 6));
  T(rmdir("nothing"));
  snprintf(path, sizeof path, "/proc/self/fd/%d", 3);
  T(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
  T(fstat(3, &st));
  printf("%ld\n", (long)st.st_nlink);
  T(stat("named", &st));
  printf("%ld\n", (long)st.st_size);
  T(linkat(3, "", AT_FDCWD, "named2", AT_EMPTY_PATH));
  T(open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600));
  T(linkat(4, "", AT_FDCWD, "never", AT_EMPTY_PATH));
  T(close(4));
  T(open(path, O_RDONLY));
  char c[8];
  T(read(4, c, 8));
  T(fcntl(3, F_GETFL) == (O_RDWR | O_TMPFILE | 0100000));
  return 0;
}
