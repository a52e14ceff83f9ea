// A deep tree of directories, walked up and down, removed from the bottom.
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
  struct stat top, st;
  stat(".", &top);
  int made = 0;
  for (int i = 0; i < 600; i++) {
    if (mkdir("a-rather-long-name", 0700) || chdir("a-rather-long-name")) break;
    made++;
  }
  printf("%d\n", made);
  char buf[8192];
  T(getcwd(buf, sizeof buf) == NULL ? -1 : 0);
  T(open("leaf", O_CREAT | O_RDWR, 0600));
  T(unlink("leaf"));
  for (int i = 0; i < made; i++) {
    if (chdir("..") || rmdir("a-rather-long-name")) {
      printf("%s at %d\n", strerrorname_np(errno), i);
      break;
    }
  }
  stat(".", &st);
  T(st.st_ino == top.st_ino && st.st_dev == top.st_dev);
  T(access("a-rather-long-name", F_OK));
  return 0;
}
