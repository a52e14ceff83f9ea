// Directory reading: entries, positions, small buffers.
#define _GNU_SOURCE
#include <dirent.h>
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

struct ent { uint64_t ino; int64_t off; uint16_t len; uint8_t type; char name[]; };
static int cmp(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }
int main(void) {
  char buf[4096], *names[400];
  int n = 0;
  mkdir("d", 0755);
  chdir("d");
  close(open("file", O_CREAT | O_WRONLY, 0600));
  mkdir("dir", 0755);
  symlink("x", "link");
  mkfifo("fifo", 0600);
  int fd = open(".", O_RDONLY);
  for (;;) {
    long r = syscall(SYS_getdents64, fd, buf, sizeof buf);
    if (r <= 0) break;
    for (long i = 0; i < r;) {
      struct ent *e = (struct ent *)(buf + i);
      char line[300];
      snprintf(line, sizeof line, "%s type %d reclen %d ino %s", e->name, e->type, e->len, e->ino ? "yes" : "no");
      names[n++] = strdup(line);
      i += e->len;
    }
  }
  qsort(names, n, sizeof *names, cmp);
  for (int i = 0; i < n; i++) puts(names[i]);
  T(syscall(SYS_getdents64, fd, buf, sizeof buf));
  T(lseek(fd, 0, SEEK_SET));
  T(syscall(SYS_getdents64, fd, buf, 10));
  T(syscall(SYS_getdents64, fd, buf, 24));
  printf("%s\n", ((struct ent *)buf)->name[0] ? "an entry" : "none");
  T(syscall(SYS_getdents64, 99, buf, 100));
  int f = open("file", O_RDONLY);
  T(syscall(SYS_getdents64, f, buf, 100));
  T(lseek(fd, 0, SEEK_SET));
  T(syscall(SYS_getdents64, fd, 1, 1000));
  /* Many entries, through readdir with small steps and a rewind. */
  mkdir("many", 0755);
  for (int i = 0; i < 300; i++) {
    char name[32];
    snprintf(name, sizeof name, "many/%0*d", 1 + i % 20, i);
    close(open(name, O_CREAT | O_WRONLY, 0600));
  }
  DIR *dir = opendir("many");
  struct dirent *e;
  int seen = 0;
  long sum = 0, at = -1;
  char saved[256] = "";
  while ((e = readdir(dir))) {
    if (e->d_name[0] == '.') continue;
    if (++seen == 150) at = telldir(dir);
    if (seen == 151) strcpy(saved, e->d_name);
    sum += atoi(e->d_name);
  }
  printf("%d %ld\n", seen, sum);
  seekdir(dir, at);
  T(strcmp(readdir(dir)->d_name, saved));
  rewinddir(dir);
  seen = 0;
  /* Removing while reading misses nothing that stays. */
  while ((e = readdir(dir))) {
    if (e->d_name[0] == '.') continue;
    seen++;
    T(unlinkat(dirfd(dir), e->d_name, 0) == 0 ? 0 : -1) ;
    if (seen >= 3) break;
  }
  while ((e = readdir(dir)))
    if (e->d_name[0] != '.' && unlinkat(dirfd(dir), e->d_name, 0) == 0) seen++;
  printf("%d\n", seen);
  T(rmdir("many"));
  return 0;
}
