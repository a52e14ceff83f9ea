// A small tmpfs: running out of blocks and inodes, and getting them back.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
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

static void room(void) {
  struct statfs s;
  statfs("m", &s);
  printf("type %lx bsize %ld blocks %ld free %ld files %ld free %ld namelen %ld\n", (long)s.f_type, (long)s.f_bsize, (long)s.f_blocks, (long)s.f_bfree, (long)s.f_files, (long)s.f_ffree, (long)s.f_namelen);
}
int main(void) {
  static char b[65536];
  char name[16];
  int n;
  mkdir("m", 0755);
  T(mount("none", "m", "tmpfs", 0, "nr_blocks=16,nr_inodes=6"));
  room();
  T(open("m/f", O_CREAT | O_RDWR, 0600));
  T(write(3, b, 40000));
  room();
  T(write(3, b, 40000));
  T(write(3, b, 1));
  room();
  T(pwrite(3, b, 65536, 0));
  T(ftruncate(3, 100000));
  T(pread(3, b, 10, 99990));
  T(fallocate(3, 0, 65536, 4096));
  T(unlink("m/f"));
  room();
  T(close(3));
  room();
  for (n = 0; n < 10; n++) {
    snprintf(name, sizeof name, "m/%d", n);
    int fd = open(name, O_CREAT | O_RDWR, 0600);
    if (fd < 0) break;
    close(fd);
  }
  printf("%d %s\n", n, strerrorname_np(errno));
  T(mkdir("m/d", 0700));
  T(symlink("a", "m/l"));
  T(link("m/0", "m/hard"));
  T(unlink("m/0"));
  T(mkdir("m/d", 0700));
  T(unlink("m/hard"));
  T(mkdir("m/d", 0700));
  room();
  T(umount("m"));
  return 0;
}
