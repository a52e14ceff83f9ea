// statx: masks, flags, and the same values as stat.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
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
  struct statx x;
  struct stat st;
  int fd = open("f", O_CREAT | O_RDWR, 0640);
  write(fd, "1234567", 7);
  T(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x));
  T(stat("f", &st));
  T((x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
  printf("%o %ld %d\n", x.stx_mode, (long)x.stx_size, x.stx_nlink);
  T(x.stx_ino == st.st_ino && x.stx_uid == st.st_uid && x.stx_gid == st.st_gid);
  T(makedev(x.stx_dev_major, x.stx_dev_minor) == st.st_dev);
  T(x.stx_mtime.tv_sec == st.st_mtim.tv_sec && x.stx_mtime.tv_nsec == st.st_mtim.tv_nsec);
  T(x.stx_ctime.tv_sec == st.st_ctim.tv_sec && x.stx_ctime.tv_nsec == st.st_ctim.tv_nsec);
  T(x.stx_blocks == st.st_blocks && x.stx_blksize == st.st_blksize);
  T(statx(AT_FDCWD, "f", 0, STATX_BTIME | STATX_CTIME, &x));
  T(!!(x.stx_mask & STATX_BTIME));
  T(x.stx_btime.tv_sec <= x.stx_ctime.tv_sec);
  T(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &x));
  printf("%ld\n", (long)x.stx_size);
  T(statx(fd, "", 0, STATX_SIZE, &x));
  T(statx(AT_FDCWD, "", AT_EMPTY_PATH, STATX_TYPE, &x));
  T(S_ISDIR(x.stx_mode));
  T(statx(AT_FDCWD, "f", 0, STATX__RESERVED, &x));
  T(statx(AT_FDCWD, "f", AT_STATX_SYNC_TYPE, 0, &x));
  T(statx(AT_FDCWD, "f", AT_STATX_DONT_SYNC, 0, &x));
  T(statx(AT_FDCWD, "f", 0x40000, 0, &x));
  T(statx(AT_FDCWD, "none", 0, 0, &x));
  T(statx(-5, "f", 0, 0, &x));
  T(statx(AT_FDCWD, NULL, 0, 0, &x));
  T(syscall(SYS_statx, AT_FDCWD, "f", 0, 0, 8));
  T(statx(AT_FDCWD, "/proc", 0, 0, &x));
  T(!!(x.stx_attributes & STATX_ATTR_MOUNT_ROOT));
  T(!!(x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT));
  return 0;
}
