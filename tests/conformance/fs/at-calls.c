// The *at calls: relative to directories, absolute paths, bad descriptors.
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
  struct stat st;
  char buf[32];
  mkdir("d", 0755);
  close(open("plain", O_CREAT | O_WRONLY, 0600));
  int d = open("d", O_RDONLY | O_DIRECTORY), f = open("plain", O_RDONLY);
  T(openat(d, "f", O_CREAT | O_RDWR, 0600));
  T(mkdirat(d, "sub", 0700));
  T(symlinkat("f", d, "l"));
  T(linkat(d, "f", d, "f2", 0));
  T(renameat(d, "f2", AT_FDCWD, "moved"));
  T(mknodat(d, "fifo", S_IFIFO | 0600, 0));
  T(fstatat(d, "l", &st, AT_SYMLINK_NOFOLLOW));
  T(readlinkat(d, "l", buf, sizeof buf));
  T(faccessat(d, "f", R_OK, 0));
  T(fchmodat(d, "f", 0640, 0));
  T(fchownat(d, "f", 1, 1, 0));
  T(utimensat(d, "f", NULL, 0));
  T(openat(f, "x", O_RDONLY));
  T(openat(77, "x", O_RDONLY));
  T(openat(77, "/", O_RDONLY));
  T(mkdirat(f, "x", 0700));
  T(mkdirat(77, "x", 0700));
  T(mkdirat(d, "", 0700));
  T(unlinkat(f, "x", 0));
  T(unlinkat(77, "x", 0));
  T(symlinkat("a", 77, "x"));
  T(linkat(77, "a", d, "b", 0));
  T(renameat(d, "f", 77, "b"));
  T(readlinkat(77, "l", buf, sizeof buf));
  T(fchmodat(77, "l", 0600, 0));
  T(faccessat(f, "l", R_OK, 0));
  T(unlinkat(d, "sub", AT_REMOVEDIR));
  T(unlinkat(d, "f", 0));
  T(rename("d", "e"));
  T(openat(d, "late", O_CREAT | O_RDWR, 0600));
  T(access("e/late", F_OK));
  T(syscall(SYS_faccessat2, d, "", F_OK, AT_EMPTY_PATH));
  T(syscall(452, d, "", 0700, AT_EMPTY_PATH));
  T(syscall(452, AT_FDCWD, "e/l", 0700, AT_SYMLINK_NOFOLLOW));
  T(syscall(452, AT_FDCWD, "e", 0711, 0x8000));
  return 0;
}
