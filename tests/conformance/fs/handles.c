// File handles: taken by path and by descriptor, opened again after a rename, stale after removal, and errors.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAY(x) ({ errno = 0; long r_ = (long)(x); printf("%s = %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); r_; })

static struct file_handle *handle(int bytes) {
  struct file_handle *h = calloc(1, sizeof *h + 128);
  h->handle_bytes = bytes;
  return h;
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  int mnt, mnt2;
  // Natively this is not the file system of the test's directory, but tmpfs in both cases.
  if (mkdir("t", 0700) || mount("tmpfs", "t", "tmpfs", 0, 0) || chdir("t")) return perror("tmpfs"), 1;
  mkdir("d", 0755);
  int fd = open("d/f", O_RDWR | O_CREAT, 0640);
  write(fd, "contents", 8);
  struct file_handle *h = handle(0);
  SAY(name_to_handle_at(AT_FDCWD, "d/f", h, &mnt, 0));
  printf("needs %u bytes\n", h->handle_bytes);
  SAY(name_to_handle_at(AT_FDCWD, "d/f", h, &mnt, 0));
  struct file_handle *g = handle(128);
  SAY(name_to_handle_at(fd, "", g, &mnt2, AT_EMPTY_PATH));
  printf("same %d type %d mount %d\n", g->handle_bytes == h->handle_bytes && memcmp(g->f_handle, h->f_handle, h->handle_bytes) == 0, g->handle_type,
         mnt == mnt2);
  struct file_handle *dir = handle(128), *link = handle(128), *proc = handle(128);
  symlink("d/f", "l");
  SAY(name_to_handle_at(AT_FDCWD, "l", link, &mnt, 0));
  SAY(name_to_handle_at(AT_FDCWD, "l", g, &mnt, AT_SYMLINK_FOLLOW));
  printf("same %d\n", memcmp(g->f_handle, h->f_handle, h->handle_bytes) == 0);
  SAY(name_to_handle_at(AT_FDCWD, "d", dir, &mnt, 0));
  SAY(name_to_handle_at(AT_FDCWD, "/proc/self/maps", proc, &mnt, 0));
  SAY(name_to_handle_at(AT_FDCWD, "", g, &mnt, 0));
  SAY(name_to_handle_at(AT_FDCWD, "none", g, &mnt, 0));
  SAY(name_to_handle_at(-1, "d", g, &mnt, 0));
  SAY(name_to_handle_at(AT_FDCWD, "d", g, &mnt, 0x10000));
  SAY(name_to_handle_at(AT_FDCWD, "d", (void *)8, &mnt, 0));
  SAY(name_to_handle_at(AT_FDCWD, "d", g, (void *)8, 0));
  struct file_handle *big = handle(129);
  SAY(name_to_handle_at(AT_FDCWD, "d", big, &mnt, 0));

  rename("d/f", "elsewhere");
  close(fd);
  fd = open_by_handle_at(AT_FDCWD, h, O_RDONLY);
  char text[20] = "";
  printf("read %ld <%s>\n", (long)read(fd, text, 20), text);
  struct stat a, b;
  fstat(fd, &a);
  stat("elsewhere", &b);
  printf("same file %d\n", a.st_ino == b.st_ino && a.st_dev == b.st_dev);
  int dfd = open_by_handle_at(fd, dir, O_RDONLY | O_DIRECTORY);
  printf("directory %d\n", openat(dfd, "new", O_CREAT | O_WRONLY, 0600) >= 0);
  SAY(open_by_handle_at(AT_FDCWD, h, O_RDONLY | O_DIRECTORY));
  SAY(open_by_handle_at(AT_FDCWD, dir, O_RDWR));
  SAY(open_by_handle_at(AT_FDCWD, link, O_RDONLY));
  printf("path of a link %d\n", open_by_handle_at(AT_FDCWD, link, O_PATH) >= 0);
  SAY(open_by_handle_at(-1, h, O_RDONLY));
  SAY(open_by_handle_at(AT_FDCWD, (void *)8, O_RDONLY));
  SAY(open_by_handle_at(AT_FDCWD, handle(0), O_RDONLY));
  big->handle_bytes = 129;
  SAY(open_by_handle_at(AT_FDCWD, big, O_RDONLY));
  int other = open("/proc", O_RDONLY);
  SAY(open_by_handle_at(other, h, O_RDONLY));
  if (fork() == 0) {
    setuid(1000);
    SAY(open_by_handle_at(AT_FDCWD, h, O_RDONLY));
    _exit(0);
  }
  wait(0);
  close(fd);
  unlink("elsewhere");
  SAY(open_by_handle_at(AT_FDCWD, h, O_RDONLY));
  chdir("..");
  umount2("t", MNT_DETACH);
  return 0;
}
