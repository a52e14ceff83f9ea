// Setting times: utimensat, futimens, utimes, utime, and who may.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>
#include <utime.h>

/* Prints an expression with its result or errno. */
#define T(e)                                                            \
  do {                                                                  \
    errno = 0;                                                          \
    long r_ = (long)(e);                                                \
    if (r_ == -1) printf("%s = -1 %s\n", #e, strerrorname_np(errno));   \
    else printf("%s = %ld\n", #e, r_);                                  \
  } while (0)

static void show(const char *n) {
  struct stat st;
  if (lstat(n, &st)) return (void)puts(strerrorname_np(errno));
  int now = st.st_mtim.tv_sec > 1600000000;
  printf("%s: a %ld.%09ld m ", n, (long)st.st_atim.tv_sec > 1600000000 ? -1 : (long)st.st_atim.tv_sec, (long)st.st_atim.tv_sec > 1600000000 ? 0 : st.st_atim.tv_nsec);
  if (now) puts("now");
  else printf("%ld.%09ld\n", (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}
int main(void) {
  mkdir("w", 0755);
  chdir("w");
  chmod("..", 0755);
  int fd = open("f", O_CREAT | O_RDWR, 0644);
  symlink("f", "l");
  struct timespec a[2] = {{1000, 123456789}, {2000, 987654321}};
  T(utimensat(AT_FDCWD, "f", a, 0));
  show("f");
  struct timespec omit[2] = {{0, UTIME_OMIT}, {3000, 5}};
  T(futimens(fd, omit));
  show("f");
  struct timespec now[2] = {{7, UTIME_OMIT}, {7, UTIME_NOW}};
  T(futimens(fd, now));
  show("f");
  T(utimensat(AT_FDCWD, "l", a, AT_SYMLINK_NOFOLLOW));
  show("l");
  struct timeval tv[2] = {{11, 222222}, {33, 444444}};
  T(utimes("l", tv));
  show("f");
  T(lutimes("l", tv));
  show("l");
  struct utimbuf ub = {55, 66};
  T(utime("f", &ub));
  show("f");
  T(utime("f", NULL));
  show("f");
  struct timespec bad[2] = {{1, 1000000000}, {1, 0}};
  T(utimensat(AT_FDCWD, "f", bad, 0));
  struct timeval badv[2] = {{1, 1000000}, {1, 0}};
  T(utimes("f", badv));
  T(utimensat(AT_FDCWD, "f", a, 0x8000));
  T(utimensat(AT_FDCWD, "none", a, 0));
  struct timespec both[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
  T(utimensat(AT_FDCWD, "none", both, 0));
  T(utimensat(fd, NULL, a, 0));
  T(utimensat(AT_FDCWD, NULL, a, 0));
  T(futimens(-1, a));
  T(futimens(99, NULL));
  T(utimensat(fd, "", a, AT_EMPTY_PATH));
  struct timespec early[2] = {{-86400, 500}, {0, 0}};
  T(futimens(fd, early));
  show("f");
  chmod("f", 0666);
  T(setresuid(1000, 1000, 1000));
  T(futimens(fd, a));
  T(futimens(fd, NULL));
  show("f");
  T(futimens(fd, now));
  return 0;
}
