// renameat2: NOREPLACE, EXCHANGE, WHITEOUT.
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

static void put(const char *n, const char *text) {
  int fd = open(n, O_CREAT | O_WRONLY | O_TRUNC, 0600);
  write(fd, text, strlen(text));
  close(fd);
}
static void show(const char *n) {
  char buf[32];
  int fd = open(n, O_RDONLY);
  ssize_t l = read(fd, buf, sizeof buf);
  printf("%s: %.*s\n", n, l < 0 ? 0 : (int)l, buf);
  close(fd);
}
int main(void) {
  struct stat st;
  put("a", "A");
  put("b", "B");
  mkdir("d", 0755);
  put("d/f", "F");
  T(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
  T(renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE));
  T(renameat2(AT_FDCWD, "c", AT_FDCWD, "c", RENAME_NOREPLACE));
  T(renameat2(AT_FDCWD, "c", AT_FDCWD, "b", RENAME_EXCHANGE));
  show("c");
  show("b");
  T(renameat2(AT_FDCWD, "c", AT_FDCWD, "missing", RENAME_EXCHANGE));
  T(renameat2(AT_FDCWD, "c", AT_FDCWD, "d", RENAME_EXCHANGE));
  show("d");
  show("c/f");
  T(renameat2(AT_FDCWD, "c/f", AT_FDCWD, "c", RENAME_EXCHANGE));
  T(renameat2(AT_FDCWD, "c", AT_FDCWD, "c/f", RENAME_EXCHANGE));
  T(renameat2(AT_FDCWD, "c/f", AT_FDCWD, "d", RENAME_EXCHANGE));
  show("d");
  show("c/f");
  mkdir("e", 0755);
  mkdir("e/sub", 0755);
  T(renameat2(AT_FDCWD, "e/sub", AT_FDCWD, "b", RENAME_EXCHANGE));
  stat("e", &st);
  printf("e nlink %ld\n", (long)st.st_nlink);
  T(renameat2(AT_FDCWD, "b", AT_FDCWD, "d", 8));
  T(renameat2(AT_FDCWD, "b", AT_FDCWD, "d", RENAME_EXCHANGE | RENAME_NOREPLACE));
  T(renameat2(AT_FDCWD, "b", AT_FDCWD, "d", RENAME_EXCHANGE | RENAME_WHITEOUT));
  T(renameat2(AT_FDCWD, "d", AT_FDCWD, "g", RENAME_WHITEOUT));
  T(lstat("d", &st));
  printf("%o %ld\n", st.st_mode & S_IFMT, (long)st.st_rdev);
  show("g");
  T(renameat2(AT_FDCWD, "g", AT_FDCWD, "d", 0));
  show("d");
  return 0;
}
