// Renaming files and directories over each other.
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

static int mk(const char *n) { return close(open(n, O_CREAT | O_WRONLY, 0600)); }
int main(void) {
  struct stat st;
  mk("a");
  mk("b");
  mkdir("d", 0755);
  mkdir("e", 0755);
  mkdir("full", 0755);
  mk("full/x");
  symlink("a", "s");
  T(rename("a", "c"));
  T(rename("a", "c"));
  T(rename("c", "b"));
  T(access("c", F_OK));
  T(rename("b", "b"));
  T(rename("b", "d"));
  T(rename("d", "b"));
  T(rename("d", "full"));
  T(rename("full", "d"));
  T(access("d/x", F_OK));
  T(rename("d", "d/y"));
  T(rename("d/x", "d"));
  T(rename("d", "e/"));
  T(rename("b", "new/"));
  T(rename("b/", "new"));
  T(rename("e", "new/"));
  T(rename("new", "."));
  T(rename(".", "q"));
  T(rename("..", "q"));
  T(rename("new", "new/.."));
  T(rename("missing", "q"));
  T(rename("b", "no/q"));
  T(rename("s", "s2"));
  T(lstat("s2", &st));
  T(rename("s2", "s2/"));
  link("b", "b2");
  T(rename("b", "b2"));
  T(access("b", F_OK));
  T(access("b2", F_OK));
  T(rename("new/x", "x"));
  T(rename("", "x"));
  T(rename("x", ""));
  stat("new", &st);
  printf("%ld\n", (long)st.st_nlink);
  mkdir("p", 0755);
  T(rename("new", "p/moved"));
  stat("p", &st);
  printf("%ld\n", (long)st.st_nlink);
  T(chdir("p/moved"));
  T(rename("../../p", "../../o"));
  T(access("../moved", F_OK));
  return 0;
}
