// chroot: paths, "..", links and getcwd inside and outside.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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
  char buf[4096];
  mkdir("jail", 0755);
  mkdir("jail/in", 0755);
  close(open("jail/f", O_CREAT | O_WRONLY, 0600));
  symlink("/f", "jail/abs");
  symlink("../../../f", "jail/in/rel");
  int out = open(".", O_RDONLY);
  T(chroot("jail/f"));
  T(chroot("jail/none"));
  T(chroot("jail"));
  T(access("/f", F_OK));
  T(access("jail/f", F_OK));
  T(access("/jail", F_OK));
  T(syscall(SYS_getcwd, buf, sizeof buf) > 0);
  printf("%.13s\n", buf);
  T(chdir("/in"));
  T(access("rel", F_OK));
  T(access("../../../f", F_OK));
  T(access("/abs", F_OK));
  T(syscall(SYS_getcwd, buf, sizeof buf));
  puts(buf);
  T(chdir("../.."));
  T(syscall(SYS_getcwd, buf, sizeof buf));
  puts(buf);
  T(fchdir(out));
  T(access("jail", F_OK));
  T(access("jail/abs", F_OK));
  T(chroot("."));
  T(access("/jail/in/rel", F_OK));
  T(access("/jail/abs", F_OK));
  return 0;
}
