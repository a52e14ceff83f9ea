// Modes and owners, and what happens to set-id bits.
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

static unsigned mode(const char *n) {
  struct stat st;
  lstat(n, &st);
  return st.st_mode & 07777;
}
#define M(e)                                \
  do {                                      \
    errno = 0;                              \
    int r_ = (e);                           \
    printf("%s = %d %s -> %04o\n", #e, r_, r_ ? strerrorname_np(errno) : "", mode("f")); \
  } while (0)
int main(void) {
  struct stat st;
  /* A directory without the sticky bit, whatever the parent has. */
  mkdir("w", 0755);
  chdir("w");
  int fd = open("f", O_CREAT | O_RDWR, 0600);
  M(chmod("f", 0107777));
  M(fchmod(fd, 06755));
  M(write(fd, "x", 1) - 1);
  M(ftruncate(fd, 5));
  M(chown("f", -1, -1));
  M(chmod("f", 06755));
  M(chown("f", 1, 2));
  M(chmod("f", 06745));
  M(chown("f", 3, -1));
  M(chmod("f", 02745));
  M(fchown(fd, -1, 7));
  stat("f", &st);
  printf("%d %d\n", st.st_uid, st.st_gid);
  mkdir("d", 0755);
  T(chmod("d", 07777));
  T(chown("d", 5, 6));
  printf("%o\n", mode("d"));
  close(open("d/inherits", O_CREAT | O_WRONLY, 02755));
  mkdir("d/sub", 0700);
  lstat("d/inherits", &st);
  printf("%o %d %d\n", st.st_mode, st.st_uid, st.st_gid);
  lstat("d/sub", &st);
  printf("%o %d %d\n", st.st_mode, st.st_uid, st.st_gid);
  symlink("f", "l");
  T(lchown("l", 10, 11));
  T(chown("l", 12, 13));
  lstat("l", &st);
  printf("%d %d\n", st.st_uid, st.st_gid);
  lstat("f", &st);
  printf("%d %d\n", st.st_uid, st.st_gid);
  T(chmod("l", 0640));
  printf("%o\n", mode("f"));
  T(chmod("none", 0));
  T(chmod("f/x", 0));
  T(fchmod(99, 0));
  T(fchown(99, 0, 0));
  T(fchownat(fd, "", 20, 21, AT_EMPTY_PATH));
  T(fchownat(fd, "", 20, 21, 0));
  T(fchownat(AT_FDCWD, "f", 20, 21, 0x800000));
  T(fchmodat(AT_FDCWD, "f", 0604, 0));
  T(fchmodat(AT_FDCWD, "l", 0604, AT_SYMLINK_NOFOLLOW));
  return 0;
}
