// Making and removing directories, and using removed ones.
#define _GNU_SOURCE
#include <dirent.h>
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
  struct stat st;
  char buf[256];
  umask(022);
  T(mkdir("d", 0777));
  stat("d", &st);
  printf("%o %ld\n", st.st_mode, (long)st.st_nlink);
  T(mkdir("d", 0777));
  T(mkdir("d/", 0777));
  T(mkdir("e/", 01777));
  stat("e", &st);
  printf("%o\n", st.st_mode);
  T(mkdir(".", 0777));
  T(mkdir("..", 0777));
  T(mkdir("/", 0777));
  T(mkdir("no/such", 0777));
  close(open("f", O_CREAT | O_WRONLY, 0600));
  T(mkdir("f", 0777));
  T(mkdir("f/x", 0777));
  T(mkdir("d/sub", 06777));
  stat("d/sub", &st);
  printf("%o\n", st.st_mode);
  stat("d", &st);
  printf("nlink %ld\n", (long)st.st_nlink);
  T(rmdir("d"));
  T(rmdir("f"));
  T(rmdir("d/."));
  T(rmdir("d/.."));
  T(rmdir("."));
  T(rmdir("/"));
  T(rmdir(""));
  T(rmdir("missing"));
  T(unlink("d"));
  T(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
  T(unlinkat(AT_FDCWD, "d", 4));
  T(unlinkat(AT_FDCWD, "f", AT_REMOVEDIR));
  T(chdir("d/sub"));
  T(rmdir("../sub"));
  T(rmdir("../../d"));
  T(getcwd(buf, sizeof buf) == NULL ? -1 : 0);
  T(access(".", F_OK));
  T(access("..", F_OK));
  T(open("x", O_CREAT | O_RDWR, 0600));
  T(mkdir("x", 0700));
  T(open(".", O_RDONLY));
  DIR *dir = fdopendir(3);
  T(readdir(dir) == NULL ? -1 : 0);
  stat(".", &st);
  printf("nlink %ld\n", (long)st.st_nlink);
  return 0;
}
