// Permission checks of an ordinary user, real and effective.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Prints an expression with its result or errno. */
#define T(e)                                                            \
  do {                                                                  \
    errno = 0;                                                          \
    long r_ = (long)(e);                                                \
    if (r_ == -1) printf("%s = -1 %s\n", #e, strerrorname_np(errno));   \
    else printf("%s = %ld\n", #e, r_);                                  \
  } while (0)

static void as(uid_t u, gid_t g, void (*f)(void)) {
  fflush(stdout);
  if (fork() == 0) {
    gid_t extra = 77;
    setgroups(1, &extra);
    setgid(g);
    setuid(u);
    printf("-- uid %d gid %d\n", u, g);
    f();
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
}
static int try(const char *n, int flags) {
  int fd = open(n, flags, 0600);
  if (fd >= 0) close(fd), fd = 0;
  return fd;
}
static void user(void) {
  T(try("own", O_RDONLY));
  T(try("own", O_WRONLY));
  T(try("group", O_RDONLY));
  T(try("group", O_RDWR));
  T(try("other", O_RDONLY));
  T(try("other", O_WRONLY));
  T(access("own", R_OK | X_OK));
  T(access("group", R_OK));
  T(access("other", X_OK));
  T(try("closed/f", O_RDONLY));
  T(try("blind/f", O_RDONLY));
  T(try("blind", O_RDONLY));
  T(try("listed", O_RDONLY));
  T(try("listed/f", O_RDONLY));
  T(mkdir("listed/d", 0700));
  T(try("sticky/mine", O_CREAT | O_WRONLY));
  T(unlink("sticky/mine"));
  T(unlink("sticky/root"));
  T(rename("sticky/root", "sticky/r2"));
  T(chmod("own", 0600));
  T(chmod("other", 0600));
  T(chown("own", 1000, 1000));
  T(chown("own", 0, -1));
  T(chown("own", -1, 77));
  T(chown("own", -1, 5));
  T(chown("other", 1000, -1));
  T(truncate("other", 0));
  T(truncate("group", 0));
  T(try("other", O_RDONLY | O_TRUNC));
  T(try("other", O_RDONLY | O_NOATIME));
  T(mknod("sticky/dev", S_IFCHR | 0600, 0x103));
  T(mknod("sticky/fifo", S_IFIFO | 0600, 0));
  T(link("other", "sticky/hard"));
  T(chdir("closed"));
  T(chdir("blind"));
  T(chroot("."));
}
int main(void) {
  umask(0);
  chmod(".", 0755);
  close(open("own", O_CREAT | O_WRONLY, 0400));
  chown("own", 1000, 1000);
  close(open("group", O_CREAT | O_WRONLY, 0460));
  chown("group", 1, 77);
  close(open("other", O_CREAT | O_WRONLY, 0664));
  mkdir("closed", 0700);
  close(open("closed/f", O_CREAT | O_WRONLY, 0666));
  mkdir("blind", 0711);
  close(open("blind/f", O_CREAT | O_WRONLY, 0666));
  mkdir("listed", 0744);
  close(open("listed/f", O_CREAT | O_WRONLY, 0666));
  mkdir("sticky", 01777);
  close(open("sticky/root", O_CREAT | O_WRONLY, 0666));
  T(try("own", O_RDWR));
  T(access("own", X_OK));
  as(1000, 1000, user);
  unlink("sticky/fifo");
  as(1000, 77, user);
  return 0;
}
