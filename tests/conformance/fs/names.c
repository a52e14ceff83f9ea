// Odd file names: every byte but slash and NUL.
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
  char name[8];
  int made = 0, seen = 0;
  long sum = 0;
  struct dirent *e;
  for (int c = 1; c < 256; c++) {
    if (c == '/') continue;
    name[0] = 'n', name[1] = c, name[2] = 0;
    int fd = open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    if (fd < 0) continue;
    made++;
    write(fd, name + 1, 1);
    close(fd);
  }
  printf("%d\n", made);
  DIR *d = opendir(".");
  while ((e = readdir(d))) {
    if (e->d_name[0] != 'n') continue;
    char c = 0;
    int fd = open(e->d_name, O_RDONLY);
    read(fd, &c, 1);
    close(fd);
    seen += c == e->d_name[1];
    sum += (unsigned char)e->d_name[1];
  }
  printf("%d %ld\n", seen, sum);
  T(mkdir("...", 0700));
  T(mkdir(".../..a", 0700));
  T(access(".../..a/../..a", F_OK));
  T(rmdir(".../..a"));
  T(mkdir(" ", 0700));
  T(mkdir("\xff\xfe", 0700));
  T(symlink("\xc3\xa9\x80", "link"));
  char t[8] = "";
  T(readlink("link", t, 8));
  T(strcmp(t, "\xc3\xa9\x80"));
  return 0;
}
