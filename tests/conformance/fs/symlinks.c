// Symbolic links: making, reading, following, trailing slashes.
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
  char buf[64], big[4200];
  struct stat st;
  T(symlink("", "x"));
  T(symlink("target", ""));
  T(symlink("target", "l"));
  T(symlink("target", "l"));
  T(symlink("target", "new/"));
  T(symlink("target", "no/where"));
  T(readlink("l", buf, sizeof buf));
  T(readlink("l", buf, 3));
  T(readlink("l", buf, 0));
  T(readlink("l", buf, -1));
  T(readlink(".", buf, 3));
  T(readlink("missing", buf, 3));
  T(readlink("l/", buf, sizeof buf));
  T(lstat("l", &st));
  printf("%o %ld\n", st.st_mode, (long)st.st_size);
  T(stat("l", &st));
  T(mkdir("l", 0755));
  T(mkdir("l/", 0755));
  T(mkdir("target", 0755));
  T(stat("l/", &st));
  T(rmdir("l"));
  T(rmdir("l/"));
  T(unlink("l/"));
  T(unlink("l"));
  T(access("target", F_OK));
  memset(big, 'y', sizeof big);
  big[4095] = 0;
  T(symlink(big, "big"));
  T(readlink("big", big, sizeof big));
  big[4095] = 'y';
  big[4096] = 0;
  T(symlink(big, "toobig"));
  T(symlink("../././target/../target", "c"));
  T(symlinkat("x", AT_FDCWD, "at"));
  T(readlinkat(AT_FDCWD, "at", buf, sizeof buf));
  T(chmod("at", 0600));
  T(fchmodat(AT_FDCWD, "at", 0600, AT_SYMLINK_NOFOLLOW));
  T(fchownat(AT_FDCWD, "at", 12, 34, AT_SYMLINK_NOFOLLOW));
  T(lstat("at", &st));
  printf("%d %d\n", st.st_uid, st.st_gid);
  return 0;
}
