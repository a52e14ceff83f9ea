/* exe, cwd, root, self, thread-self. */
#include "proc.h"
static void look(const char *path) {
  char b[4096];
  long n = readlink(path, b, sizeof b - 1);
  if (n < 0) printf("%s: %s\n", path, strerror(errno));
  else {
    b[n] = 0;
    printf("%s -> %s\n", path, b);
  }
}
int main(void) {
  char b[4096], want[64];
  struct stat a, s;
  mkdir("dir", 0755);
  chdir("dir");
  long n = readlink("/proc/self/cwd", b, sizeof b);
  printf("cwd ends %.4s\n", b + n - 4);
  stat("/proc/self/cwd", &a);
  stat(".", &s);
  printf("same %d\n", a.st_ino == s.st_ino && a.st_dev == s.st_dev);
  lstat("/proc/self/cwd", &a);
  printf("link mode %o size %ld\n", a.st_mode, (long)a.st_size);
  rmdir("../dir");
  n = readlink("/proc/self/cwd", b, sizeof b);
  printf("removed ends %.14s\n", b + n - 14);
  printf("still there %d\n", stat("/proc/self/cwd", &a));
  chdir("/");
  look("/proc/self/cwd");
  look("/proc/self/root");
  n = readlink("/proc/self", b, sizeof b);
  sprintf(want, "%d", getpid());
  printf("self %d\n", n == (long)strlen(want) && !memcmp(b, want, n));
  n = readlink("/proc/thread-self", b, sizeof b);
  sprintf(want, "%d/task/%d", getpid(), getpid());
  printf("thread-self %d\n", n == (long)strlen(want) && !memcmp(b, want, n));
  look("/proc/mounts");
  look("/proc/net");
  int fd = open("/proc/self/exe", O_RDONLY);
  fstat(fd, &a);
  n = read(fd, b, 4);
  printf("exe %d %.3s\n", S_ISREG(a.st_mode), b + 1);
  look("/proc/self/nothing");
  look("/proc/self/status");
  printf("write exe: %s\n", WHY(open("/proc/self/exe", O_WRONLY)));
  return 0;
}
