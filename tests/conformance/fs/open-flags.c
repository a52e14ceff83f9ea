// Open flags: creation, exclusion, truncation, directories, links.
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
  T(open("a", O_RDONLY));
  T(open("a", O_WRONLY | O_CREAT, 0640));
  T(write(3, "hello", 5));
  T(close(3));
  T(open("a", O_WRONLY | O_CREAT | O_EXCL, 0600));
  T(open("a", O_RDONLY | O_DIRECTORY));
  T(open("a/", O_RDONLY));
  T(open("a/b", O_RDONLY));
  T(open("new/", O_RDWR | O_CREAT, 0600));
  T(open(".", O_RDWR));
  T(open(".", O_RDONLY | O_CREAT, 0600));
  T(open("..", O_WRONLY));
  T(open("", O_RDONLY));
  T(open("a", O_RDWR | O_TRUNC));
  T(lseek(3, 0, SEEK_END));
  T(close(3));
  T(mkdir("d", 0755));
  T(open("d", O_RDONLY | O_CREAT, 0600));
  T(open("d", O_RDONLY | O_TRUNC));
  T(open("d", O_RDONLY));
  T(close(3));
  T(symlink("a", "la"));
  T(symlink("nowhere", "dangling"));
  T(symlink("d", "ld"));
  T(open("la", O_RDONLY | O_NOFOLLOW));
  T(open("ld", O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
  T(open("ld/", O_RDONLY | O_NOFOLLOW));
  T(close(3));
  T(open("dangling", O_RDONLY));
  T(open("dangling", O_RDONLY | O_CREAT | O_EXCL, 0600));
  T(open("dangling", O_RDONLY | O_CREAT | O_NOFOLLOW, 0600));
  T(open("dangling", O_RDWR | O_CREAT, 0600));
  T(access("nowhere", F_OK));
  T(close(3));
  T(open("la", O_RDONLY | O_CREAT | O_EXCL, 0600));
  T(open("a", O_RDONLY | O_CREAT | O_DIRECTORY, 0600));
  T(open("a", 3));
  char c;
  T(read(3, &c, 1));
  T(write(3, &c, 1));
  T(close(3));
  return 0;
}
