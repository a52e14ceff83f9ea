// access and faccessat: real and effective ids, flags.
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
  close(open("f", O_CREAT | O_WRONLY, 0600));
  close(open("x", O_CREAT | O_WRONLY, 0700));
  symlink("none", "l");
  T(access("f", F_OK));
  T(access("f", R_OK | W_OK));
  T(access("f", X_OK));
  T(access("x", X_OK));
  T(access("f", 8));
  T(access("f", -1));
  T(access("l", F_OK));
  T(faccessat(AT_FDCWD, "l", F_OK, AT_SYMLINK_NOFOLLOW));
  T(faccessat(AT_FDCWD, "f", R_OK, AT_EACCESS));
  T(faccessat(AT_FDCWD, "f", R_OK, 0x4000));
  T(access(".", X_OK | W_OK));
  T(access("f/", F_OK));
  int fd = open("f", O_PATH);
  T(faccessat(fd, "", R_OK, AT_EMPTY_PATH));
  T(faccessat(fd, "", X_OK, AT_EMPTY_PATH));
  chmod(".", 0755);
  T(setresuid(0, 1000, 0));
  T(access("f", R_OK));
  T(faccessat(AT_FDCWD, "f", R_OK, AT_EACCESS));
  T(open("f", O_RDONLY));
  T(setresuid(1000, 0, 0));
  T(access("f", R_OK));
  T(faccessat(AT_FDCWD, "f", R_OK, AT_EACCESS));
  T(access(".", W_OK));
  return 0;
}
