// FIFOs as files: stat, unlink while open, O_NONBLOCK opens.
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
  char c[8] = "";
  struct stat st;
  T(mkfifo("p", 0600));
  T(mkfifo("p", 0600));
  T(open("p", O_WRONLY | O_NONBLOCK));
  T(open("p", O_RDONLY | O_NONBLOCK));
  T(read(3, c, 4));
  T(open("p", O_WRONLY | O_NONBLOCK));
  T(write(4, "hey", 3));
  T(read(3, c, 8));
  T(read(3, c, 8));
  T(unlink("p"));
  T(write(4, "you", 3));
  T(read(3, c, 8));
  fstat(3, &st);
  printf("%o %ld\n", st.st_mode, (long)st.st_nlink);
  T(close(4));
  T(read(3, c, 8));
  T(close(3));
  T(mkfifo("q", 0600));
  fflush(stdout);
  if (fork() == 0) {
    int fd = open("q", O_WRONLY);
    write(fd, "child", 5);
    _exit(0);
  }
  int fd = open("q", O_RDONLY);
  int n = 0, r;
  while ((r = read(fd, c + n, 8 - n)) > 0) n += r;
  wait(NULL);
  printf("%.*s\n", n, c);
  T(open("q", O_RDWR));
  T(truncate("q", 0));
  T(lseek(3, 0, SEEK_SET));
  T(open("q", O_RDONLY | O_DIRECTORY));
  T(open("q/", O_RDONLY));
  T(open("q", O_CREAT | O_EXCL | O_RDWR, 0600));
  return 0;
}
