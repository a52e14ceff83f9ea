// Path walk: dots, slashes, long names, too many links.
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
  char name[5000];
  struct stat st;
  mkdir("d", 0755);
  mkdir("d/e", 0755);
  close(open("d/f", O_CREAT | O_WRONLY, 0644));
  T(access("d/./e/../f", F_OK));
  T(access("d//f", F_OK));
  T(access("./d/e/.", F_OK));
  T(access("d/f/", F_OK));
  T(access("d/f/.", F_OK));
  T(access("d/f/..", F_OK));
  T(access("d/nothing/..", F_OK));
  T(access("d/e/", F_OK));
  T(access("/..", F_OK));
  T(access("/../../..", F_OK));
  T(access("", F_OK));
  memset(name, 'x', sizeof name);
  name[255] = 0;
  T(open(name, O_CREAT | O_RDWR, 0600));
  close(3);
  T(access(name, F_OK));
  T(unlink(name));
  name[255] = 'x';
  name[256] = 0;
  T(access(name, F_OK));
  T(open(name, O_CREAT | O_RDWR, 0600));
  T(mkdir(name, 0700));
  for (int i = 0; i < 4999; i++) name[i] = i % 2 ? '/' : '.';
  name[4094] = 'd', name[4095] = 0;
  T(access(name, F_OK));
  name[4095] = '/', name[4096] = 0;
  T(access(name, F_OK));
  T(access((char *)1, F_OK));
  symlink("loop", "loop");
  T(access("loop", F_OK));
  T(lstat("loop", &st));
  T(access("loop/x", F_OK));
  symlink("d", "l0");
  for (int i = 1; i <= 41; i++) {
    char from[8], to[8];
    snprintf(from, sizeof from, "l%d", i);
    snprintf(to, sizeof to, "l%d", i - 1);
    symlink(to, from);
  }
  T(access("l39", F_OK));
  T(access("l40", F_OK));
  T(access("l20/e/../../l10/f", F_OK));
  T(access("l20/e/../../l19/f", F_OK));
  T(stat("l39/", &st));
  T(lstat("l40", &st));
  T(lstat("l40/", &st));
  return 0;
}
