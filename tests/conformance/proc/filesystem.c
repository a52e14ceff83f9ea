/* procfs as a file system. */
#include "proc.h"
#include <sys/statfs.h>
int main(void) {
  struct statfs f;
  struct stat st;
  statfs("/proc", &f);
  printf("type %lx bsize %ld namelen %ld blocks %ld\n", (long)f.f_type, (long)f.f_bsize, (long)f.f_namelen, (long)f.f_blocks);
  stat("/proc", &st);
  printf("/proc %o ino %ld\n", st.st_mode, (long)st.st_ino);
  stat("/proc/self", &st);
  printf("/proc/self %o links %ld\n", st.st_mode, (long)st.st_nlink);
  lstat("/proc/self", &st);
  printf("link %o\n", st.st_mode);
  stat("/proc/self/status", &st);
  printf("status %o size %ld blocks %ld\n", st.st_mode, (long)st.st_size, (long)st.st_blocks);
  const char *names[] = {"environ", "maps", "mem", "comm", "fd", "fdinfo", "task", "ns", "oom_score_adj", "cwd", "limits", "auxv", "stat", "statm", "io", "exe"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    char path[64];
    sprintf(path, "/proc/self/%s", names[i]);
    if (lstat(path, &st)) printf("%s %s\n", names[i], strerror(errno));
    else printf("%s %o\n", names[i], st.st_mode);
  }
  result("create", open("/proc/made_up", O_RDWR | O_CREAT, 0644));
  result("unlink", unlink("/proc/uptime"));
  result("chmod own", chmod("/proc/self/status", 0777));
  result("rename", rename("/proc/uptime", "/proc/downtime"));
  result("write", open("/proc/uptime", O_WRONLY) >= 0 ? 0 : -1);
  int fd = open("/proc/self/stat", O_RDONLY);
  char a[16], b[16];
  read(fd, a, 5);
  lseek(fd, 0, SEEK_SET);
  read(fd, b, 5);
  printf("again the same %d\n", !memcmp(a, b, 5));
  printf("seek end %ld\n", (long)lseek(fd, 0, SEEK_END));
  printf("seek %ld\n", (long)lseek(fd, 3, SEEK_SET));
  errno = 0;
  printf("negative pid %s\n", WHY(access("/proc/-1", F_OK)));
  printf("zero %d 01 %d\n", access("/proc/0", F_OK), access("/proc/01", F_OK));
  return 0;
}
