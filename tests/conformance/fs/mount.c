// Mounting a tmpfs: crossing, hiding, busy, read-only, bind, detach.
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
  struct stat a, b;
  mkdir("m", 0755);
  mkdir("bind", 0755);
  close(open("m/below", O_CREAT | O_WRONLY, 0600));
  close(open("file", O_CREAT | O_WRONLY, 0600));
  T(mount("none", "m", "nosuchfs", 0, NULL));
  T(mount("none", "none", "tmpfs", 0, NULL));
  T(mount("none", "file", "tmpfs", 0, NULL));
  T(mount("src", "m", "tmpfs", 0, "size=64k,mode=0700,bogus=1"));
  T(mount("src", "m", "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,mode=0710"));
  stat("m", &a);
  printf("%o\n", a.st_mode);
  stat(".", &b);
  T(a.st_dev != b.st_dev);
  T(access("m/below", F_OK));
  T(mkdir("m/d", 0755));
  T(rmdir("m"));
  T(rename("m", "n"));
  T(link("file", "m/file"));
  T(rename("file", "m/file"));
  stat("m/..", &a);
  T(a.st_ino == b.st_ino);
  int fd = open("m/f", O_CREAT | O_RDWR, 0600);
  static char block[16384];
  int n = 0;
  while (write(fd, block, sizeof block) == sizeof block) n++;
  printf("%d %s\n", n, strerrorname_np(errno));
  T(ftruncate(fd, 0));
  T(write(fd, block, 8192));
  T(mknod("m/null", S_IFCHR | 0666, 0x103));
  T(open("m/null", O_RDWR));
  T(umount("m"));
  T(mount("m", "bind", NULL, MS_BIND, NULL));
  T(access("bind/f", F_OK));
  T(link("m/f", "bind/f2"));
  T(rename("m/f", "bind/f2"));
  T(umount2("bind", 0x100));
  T(mount(NULL, "bind", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
  T(open("bind/new", O_CREAT | O_RDWR, 0600));
  T(open("bind/f", O_RDWR));
  T(open("bind/f", O_RDONLY) >= 0);
  T(close(4));
  T(unlink("bind/f"));
  T(mkdir("bind/x", 0700));
  T(chmod("bind/f", 0600));
  T(truncate("bind/f", 0));
  T(access("bind/f", W_OK));
  T(access("bind/f", R_OK));
  T(unlink("m/d"));
  T(rmdir("m/d"));
  T(umount("bind"));
  T(umount("bind"));
  T(umount("none"));
  T(umount("file"));
  T(umount2("m", MNT_DETACH));
  T(access("m/below", F_OK));
  T(pread(fd, block, 100, 0));
  T(close(fd));
  return 0;
}
