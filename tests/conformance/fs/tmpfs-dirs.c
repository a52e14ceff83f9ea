// Link counts, sizes and order-free contents of tmpfs directories.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
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
  stat(n, &st);
  printf("%s: size %ld nlink %ld blocks %ld blksize %ld\n", n, (long)st.st_size, (long)st.st_nlink, (long)st.st_blocks, (long)st.st_blksize);
}
int main(void) {
  mkdir("m", 0755);
  T(mount("none", "m", "tmpfs", 0, "size=1m"));
  chdir("m");
  show(".");
  mkdir("d", 0755);
  close(open("f", O_CREAT | O_WRONLY, 0600));
  symlink("target", "l");
  show(".");
  show("d");
  mkdir("d/e", 0755);
  T(link("f", "d/g"));
  show("d");
  show("f");
  T(rename("d/e", "e"));
  show("d");
  show(".");
  T(rename("d/g", "f"));
  T(unlink("f"));
  T(rename("d/g", "f2"));
  show(".");
  show("d");
  T(rename("e", "d"));
  show(".");
  T(truncate("f2", 10000));
  show("f2");
  T(chdir(".."));
  T(umount("m"));
  return 0;
}
