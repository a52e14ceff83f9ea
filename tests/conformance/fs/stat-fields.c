// Fields of stat for each kind of file.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

/* Prints an expression with its result or errno. */
#define T(e)                                                            \
  do {                                                                  \
    errno = 0;                                                          \
    long r_ = (long)(e);                                                \
    if (r_ == -1) printf("%s = -1 %s\n", #e, strerrorname_np(errno));   \
    else printf("%s = %ld\n", #e, r_);                                  \
  } while (0)

static void show(const char *n) {
  struct stat st;
  if (lstat(n, &st)) return (void)printf("%s: %s\n", n, strerrorname_np(errno));
  printf("%s: %o size %ld nlink %ld uid %d gid %d", n, st.st_mode, S_ISREG(st.st_mode) || S_ISLNK(st.st_mode) ? (long)st.st_size : -1, S_ISDIR(st.st_mode) ? -1 : (long)st.st_nlink, st.st_uid, st.st_gid);
  if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) printf(" dev %d:%d", major(st.st_rdev), minor(st.st_rdev));
  puts("");
}
int main(void) {
  umask(0);
  close(open("reg", O_CREAT | O_WRONLY, 04751));
  truncate("reg", 12345);
  mkdir("dir", 0710);
  symlink("some/where", "link");
  mkfifo("fifo", 0622);
  T(mknod("chr", S_IFCHR | 0600, makedev(1, 3)));
  T(mknod("blk", S_IFBLK | 0640, makedev(259, 70000)));
  T(mknod("sock", S_IFSOCK | 0600, 0));
  T(mknod("plain", 0644, 0));
  T(mknod("plain2", S_IFREG | 0644, 0));
  T(mknod("bad", S_IFDIR | 0644, 0));
  T(mknod("bad", S_IFLNK | 0644, 0));
  T(mknod("bad", 0170000 | 0644, 0));
  T(mknod("plain", S_IFREG | 0644, 0));
  show("reg");
  show("dir");
  show("link");
  show("fifo");
  show("chr");
  show("blk");
  show("sock");
  show("plain");
  show("plain2");
  show("/dev/null");
  T(open("sock", O_RDWR));
  /* Devices work where the mount lets them. */
  mkdir("m", 0755);
  T(mount("none", "m", "tmpfs", 0, NULL));
  mknod("m/chr", S_IFCHR | 0600, makedev(1, 3));
  T(open("m/chr", O_RDWR));
  T(write(3, "gone", 4));
  struct stat st;
  T(fstat(3, &st));
  printf("%o\n", st.st_mode);
  T(fstat(77, &st));
  T(stat("reg", (void *)1));
  T(fstatat(AT_FDCWD, "", &st, 0));
  T(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
  T(S_ISDIR(st.st_mode));
  T(fstatat(3, "", &st, AT_EMPTY_PATH));
  T(S_ISCHR(st.st_mode));
  T(fstatat(3, "reg", &st, 0));
  T(fstatat(77, "reg", &st, 0));
  T(fstatat(77, "/", &st, 0));
  T(fstatat(AT_FDCWD, "link", &st, AT_SYMLINK_NOFOLLOW));
  T(fstatat(AT_FDCWD, "link", &st, 0x8000));
  close(3);
  T(umount("m"));
  return 0;
}
