// O_PATH descriptors name a place and can do little else.
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
  char buf[16];
  struct stat st;
  T(open("f", O_RDWR | O_CREAT, 0));
  T(write(3, "data", 4));
  T(close(3));
  T(symlink("f", "l"));
  T(mkdir("d", 0700));
  T(open("f", O_PATH));
  T(read(3, buf, 4));
  T(write(3, buf, 4));
  T(lseek(3, 0, SEEK_SET));
  T(ftruncate(3, 0));
  T(fchmod(3, 0600));
  T(fchown(3, 0, 0));
  T(fstat(3, &st));
  printf("%o %ld\n", st.st_mode, (long)st.st_size);
  T(fchmodat(3, "", 0600, 0));
  T(fsync(3));
  T(dup(3));
  T(close(4));
  T(fcntl(3, F_GETFD));
  T(fcntl(3, F_SETFL, O_APPEND));
  T(close(3));
  T(open("l", O_PATH | O_NOFOLLOW));
  T(fstat(3, &st));
  printf("%o\n", st.st_mode);
  T(readlinkat(3, "", buf, sizeof buf));
  T(close(3));
  T(open("d", O_PATH));
  T(openat(3, "inner", O_CREAT | O_RDWR, 0600));
  T(close(4));
  T(fchdir(3));
  T(access("inner", F_OK));
  T(openat(3, "..", O_RDONLY));
  T(close(4));
  T(fchdir(3));
  T(close(3));
  T(close(3));
  return 0;
}
