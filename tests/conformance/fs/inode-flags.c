// Immutable and append-only files and directories (chattr), on tmpfs in both cases.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SAY(x) ({ errno = 0; long r_ = (long)(x); printf("%s = %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); r_; })
#define OPENS(path, flags) ({ errno = 0; int d_ = open(path, flags, 0600); printf("open %s %s: %s\n", path, #flags, d_ < 0 ? strerror(errno) : "yes"); if (d_ >= 0) close(d_); })

static int set(const char *path, int flags) {
  int fd = open(path, O_RDONLY);
  int r = ioctl(fd, FS_IOC_SETFLAGS, &flags), e = errno, now = -1;
  ioctl(fd, FS_IOC_GETFLAGS, &now);
  printf("%s: set %x: %d %s, now %x\n", path, flags, r, r < 0 ? strerror(e) : "", now & 0xff);
  close(fd);
  return r;
}

static void try_all(const char *what) {
  printf("-- %s\n", what);
  OPENS("f", O_RDONLY);
  OPENS("f", O_WRONLY);
  OPENS("f", O_WRONLY | O_APPEND);
  OPENS("f", O_WRONLY | O_APPEND | O_TRUNC);
  SAY(truncate("f", 3));
  SAY(chmod("f", 0644));
  SAY(chown("f", 0, 0));
  SAY(utimensat(AT_FDCWD, "f", 0, 0));
  struct timespec t[2] = {{1, 0}, {2, 0}};
  SAY(utimensat(AT_FDCWD, "f", t, 0));
  SAY(link("f", "g"));
  SAY(rename("f", "h"));
  SAY(unlink("f"));
  SAY(setxattr("f", "trusted.a", "1", 1, 0));
  SAY(access("f", W_OK));
  struct statx sx;
  statx(AT_FDCWD, "f", 0, STATX_ALL, &sx);
  printf("attributes %llx\n", sx.stx_attributes & 0x70ULL);
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  if (mkdir("t", 0700) || mount("tmpfs", "t", "tmpfs", 0, 0) || chdir("t")) return perror("tmpfs"), 1;
  int fd = open("f", O_RDWR | O_CREAT, 0600);
  write(fd, "contents", 8);
  set("f", 0x10);
  try_all("immutable");
  set("f", 0x20);
  try_all("append only");
  int a = open("f", O_WRONLY | O_APPEND);
  SAY(fcntl(a, F_SETFL, 0));
  SAY(write(a, "more", 4));
  SAY(fallocate(fd, 0, 0, 5000));
  SAY(fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 100));
  set("f", 0xc0);
  set("f", 0x1000);
  set("f", 0);

  mkdir("d", 0755);
  close(open("d/x", O_CREAT | O_WRONLY, 0600));
  set("d", 0x10);
  OPENS("d/new", O_CREAT | O_WRONLY);
  OPENS("d/x", O_WRONLY);
  SAY(unlink("d/x"));
  SAY(rename("d/x", "y"));
  SAY(rename("f", "d/f"));
  SAY(mkdir("d/sub", 0700));
  SAY(rmdir("d"));
  set("d", 0x20 | 0x40 | 0x80);
  OPENS("d/new", O_CREAT | O_WRONLY);
  SAY(unlink("d/new"));
  SAY(rename("d/new", "d/newer"));
  set("d/new", 0);
  close(open("d/heir", O_CREAT | O_WRONLY, 0600));
  int flags = 0;
  ioctl(open("d/heir", O_RDONLY), FS_IOC_GETFLAGS, &flags);
  printf("inherited %x\n", flags & 0xff);
  if (fork() == 0) {
    chown("f", 1000, 1000);
    setuid(1000);
    set("f", 0x10);
    set("f", 0x40);
    _exit(0);
  }
  wait(0);
  set("d", 0);
  chdir("..");
  umount2("t", MNT_DETACH);
  return 0;
}
