// openat2: checks of its argument and RESOLVE_ restrictions.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
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

static long o2(const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {flags, mode, resolve};
  long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
  if (fd >= 0) close(fd), fd = 0;
  return fd;
}
int main(void) {
  struct {
    struct open_how how;
    uint64_t more;
  } big = {{O_RDONLY, 0, 0}, 0};
  mkdir("d", 0755);
  mkdir("d/e", 0755);
  close(open("d/f", O_CREAT | O_WRONLY, 0644));
  symlink("../d/f", "d/up");
  symlink("/etc/passwd", "d/abs");
  symlink("f", "d/plain");
  symlink("/f", "d/root");
  T(syscall(SYS_openat2, AT_FDCWD, "d", &big, 23));
  T(syscall(SYS_openat2, AT_FDCWD, "d", &big, 4097));
  T(syscall(SYS_openat2, AT_FDCWD, "d", &big, sizeof big) >= 0);
  close(3);
  big.more = 1;
  T(syscall(SYS_openat2, AT_FDCWD, "d", &big, sizeof big));
  T(syscall(SYS_openat2, AT_FDCWD, "d", NULL, 24));
  T(o2("d/f", 1ull << 40, 0, 0));
  T(o2("d/f", O_RDONLY, 0644, 0));
  T(o2("d/n", O_RDWR | O_CREAT, 010644, 0));
  T(o2("d/n", O_RDWR | O_CREAT, 0644, 0));
  T(o2("d/f", O_PATH | O_RDWR, 0, 0));
  T(o2("d/f", O_RDONLY, 0, 0x1000));
  T(o2("d/f", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
  T(o2("d/plain", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
  T(o2("d/f", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
  T(o2("/", O_RDONLY, 0, RESOLVE_BENEATH));
  T(o2("..", O_RDONLY, 0, RESOLVE_BENEATH));
  T(o2("d/../..", O_RDONLY, 0, RESOLVE_BENEATH));
  T(o2("d/e/..", O_RDONLY, 0, RESOLVE_BENEATH));
  T(o2("d/up", O_RDONLY, 0, RESOLVE_BENEATH));
  T(chdir("d"));
  T(o2("up", O_RDONLY, 0, RESOLVE_BENEATH));
  T(o2("abs", O_RDONLY, 0, RESOLVE_BENEATH));
  T(o2("plain", O_RDONLY, 0, RESOLVE_BENEATH));
  T(o2("root", O_RDONLY, 0, RESOLVE_IN_ROOT));
  T(o2("/f", O_RDONLY, 0, RESOLVE_IN_ROOT));
  T(o2("../../../f", O_RDONLY, 0, RESOLVE_IN_ROOT));
  T(o2("abs", O_RDONLY, 0, RESOLVE_IN_ROOT));
  T(o2("/proc/self/exe", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS));
  T(o2("/proc", O_RDONLY, 0, RESOLVE_NO_XDEV));
  T(o2("f", O_RDONLY | O_TRUNC, 0, RESOLVE_CACHED));
  return 0;
}
