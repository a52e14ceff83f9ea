// Mounts over mounts, moving a mount, and what ".." does.
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

int main(void) {
  mkdir("a", 0755);
  mkdir("b", 0755);
  T(mount("one", "a", "tmpfs", 0, NULL));
  mkdir("a/one", 0755);
  T(mount("two", "a", "tmpfs", 0, NULL));
  mkdir("a/two", 0755);
  T(access("a/one", F_OK));
  T(access("a/two", F_OK));
  T(access("a/../b", F_OK));
  T(chdir("a/two"));
  T(umount("../../a"));
  T(access("../../b", F_OK));
  T(chdir("../.."));
  T(umount("a"));
  T(access("a/one", F_OK));
  T(mount(NULL, "a", NULL, MS_PRIVATE, NULL));
  T(mount("a/one", "b", NULL, MS_BIND, NULL));
  close(open("b/x", O_CREAT | O_WRONLY, 0600));
  T(access("a/one/x", F_OK));
  T(access("b/../a", F_OK));
  T(rmdir("a/one"));
  T(umount("a"));
  T(umount("b"));
  T(umount2("a", MNT_EXPIRE));
  T(umount2("a", MNT_EXPIRE));
  T(umount2("a", MNT_EXPIRE | MNT_DETACH));
  T(access("a/one", F_OK));
  return 0;
}
