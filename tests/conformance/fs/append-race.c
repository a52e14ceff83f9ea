// Several processes append to one file: no record is lost or torn.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
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
  enum { P = 4, N = 200, L = 37 };
  char line[L], in[L];
  for (int p = 0; p < P; p++)
    if (fork() == 0) {
      int fd = open("log", O_CREAT | O_WRONLY | O_APPEND, 0600);
      memset(line, 'a' + p, L);
      for (int i = 0; i < N; i++) write(fd, line, L);
      _exit(0);
    }
  for (int p = 0; p < P; p++) wait(NULL);
  int fd = open("log", O_RDONLY), count[P] = {0}, torn = 0;
  while (read(fd, in, L) == L) {
    for (int i = 1; i < L; i++) torn += in[i] != in[0];
    count[in[0] - 'a']++;
  }
  printf("%d %d %d %d torn %d size %ld\n", count[0], count[1], count[2], count[3], torn, (long)lseek(fd, 0, SEEK_END));
  return 0;
}
