// Descriptors after fork share the position; after exec only those without FD_CLOEXEC.
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

int main(int argc, char **argv) {
  if (argc > 1) {
    for (int i = 3; i < 8; i++) T(fcntl(i, F_GETFD));
    T(lseek(3, 0, SEEK_CUR));
    return 0;
  }
  char c[4] = "";
  int fd = open("f", O_CREAT | O_RDWR, 0600);
  write(fd, "abcdefgh", 8);
  lseek(fd, 0, SEEK_SET);
  fflush(stdout);
  if (fork() == 0) {
    read(fd, c, 3);
    close(fd);
    _exit(0);
  }
  wait(NULL);
  T(lseek(fd, 0, SEEK_CUR));
  int other = open("f", O_RDONLY | O_CLOEXEC);
  read(other, c, 2);
  T(lseek(fd, 0, SEEK_CUR));
  int copy = dup(other);
  int three = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  printf("%d %d %d %d\n", fd, other, copy, three);
  fflush(stdout);
  execl("/proc/self/exe", "self", "again", NULL);
  perror("exec");
  return 1;
}
