// umask and the modes of everything that is made.
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

static void show(const char *n) {
  struct stat st;
  lstat(n, &st);
  printf("%s %o\n", n, st.st_mode);
}
int main(void) {
  printf("%o\n", umask(027));
  printf("%o\n", umask(077777));
  printf("%o\n", umask(0137));
  close(open("f", O_CREAT | O_WRONLY, 0777));
  show("f");
  mkdir("d", 0777);
  show("d");
  mkfifo("p", 0666);
  show("p");
  mknod("n", S_IFREG | 0777, 0);
  show("n");
  symlink("x", "s");
  show("s");
  close(creat("c", 06777));
  show("c");
  umask(0);
  close(open("g", O_CREAT | O_RDONLY, 01777));
  show("g");
  close(open("h", O_CREAT | O_RDWR, 0));
  show("h");
  chmod("h", 0777);
  show("h");
  close(open(".", O_TMPFILE | O_RDWR, 0777));
  return 0;
}
