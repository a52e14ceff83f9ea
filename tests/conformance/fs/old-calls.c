// The system calls without "at" that C libraries no longer use.
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
  char buf[512];
  struct stat st;
  long times[4] = {10, 20, 30, 40};
  T(syscall(SYS_creat, "f", 0640));
  T(syscall(SYS_write, 3, "abc", 3));
  T(syscall(SYS_close, 3));
  T(syscall(SYS_open, "f", O_RDONLY, 0));
  T(syscall(SYS_stat, "f", &st));
  printf("%o %ld\n", st.st_mode, (long)st.st_size);
  T(syscall(SYS_lstat, "f", &st));
  T(syscall(SYS_access, "f", R_OK));
  T(syscall(SYS_mkdir, "d", 0755));
  T(syscall(SYS_link, "f", "d/f"));
  T(syscall(SYS_symlink, "f", "l"));
  T(syscall(SYS_readlink, "l", buf, 99));
  T(syscall(SYS_rename, "d/f", "g"));
  T(syscall(SYS_unlink, "g"));
  T(syscall(SYS_rmdir, "d"));
  T(syscall(SYS_mknod, "p", S_IFIFO | 0600, 0));
  T(syscall(SYS_chmod, "f", 0600));
  T(syscall(SYS_chown, "f", 1, 1));
  T(syscall(SYS_lchown, "l", 1, 1));
  T(syscall(SYS_utime, "f", times));
  stat("f", &st);
  printf("%ld %ld\n", (long)st.st_atime, (long)st.st_mtime);
  T(syscall(SYS_utimes, "f", times));
  T(syscall(SYS_futimesat, AT_FDCWD, "f", times));
  stat("f", &st);
  printf("%ld.%ld %ld.%ld\n", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
  T(syscall(SYS_dup2, 3, 9));
  T(syscall(SYS_renameat, AT_FDCWD, "f", AT_FDCWD, "h"));
  int d = open(".", O_RDONLY);
  long n, count = 0;
  while ((n = syscall(SYS_getdents, d, buf, sizeof buf)) > 0)
    for (long i = 0; i < n; i += *(unsigned short *)(buf + i + 16)) {
      count++;
      if (!strcmp(buf + i + 18, "p")) printf("p: type %d\n", buf[i + *(unsigned short *)(buf + i + 16) - 1]);
      if (!strcmp(buf + i + 18, "l")) printf("l: reclen %d\n", *(unsigned short *)(buf + i + 16));
    }
  T(count);
  T(syscall(SYS_getdents, d, buf, 8));
  return 0;
}
