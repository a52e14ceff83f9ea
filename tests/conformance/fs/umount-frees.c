// What a tmpfs holds goes with its last mount, or with its last user after that; until then it can be used.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../print.h"

enum { MB = 1 << 20, SIZE = 160 };

static long shmem(void) {
  char line[256];
  long kb = -1;
  FILE *f = fopen("/proc/meminfo", "r");
  while (fgets(line, sizeof line, f))
    if (sscanf(line, "Shmem: %ld kB", &kb) == 1) break;
  fclose(f);
  return kb / 1024;
}

// Other programs may use some shared memory meanwhile.
static void used(const char *when, long base) {
  long now = shmem() - base;
  printf("%s: %s\n", when, now > SIZE / 2 ? "held" : "free");
}

static char dir[] = "/tmp/umount-frees-XXXXXX";

static int fill(const char *name) {
  static char block[MB];
  memset(block, 1, sizeof block);
  int fd = open(name, O_RDWR | O_CREAT, 0600);
  for (int i = 0; i < SIZE; i++)
    if (write(fd, block, MB) != MB) perror("write");
  return fd;
}

int main(void) {
  unshare(CLONE_NEWNS);
  mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
  mkdtemp(dir);
  char file[64];
  snprintf(file, sizeof file, "%s/file", dir);
  long base = shmem();

  for (int i = 0; i < 3; i++) {
    mount("none", dir, "tmpfs", 0, "size=200m");
    close(fill(file));
    used("mounted", base);
    P("umount", umount(dir));
    used("unmounted", base);
  }

  mount("none", dir, "tmpfs", 0, "size=200m");
  int fd = fill(file);
  P("busy", umount(dir));
  P("detached", umount2(dir, MNT_DETACH));
  used("an open file", base);
  struct stat st;
  fstat(fd, &st);
  printf("links %ld size %ld\n", (long)st.st_nlink, (long)st.st_size);
  char c = 0;
  P("read", pread(fd, &c, 1, 5));
  printf("byte %d\n", c);
  close(fd);
  used("closed", base);

  mount("none", dir, "tmpfs", 0, "size=200m");
  fd = fill(file);
  char *p = mmap(NULL, MB, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  P("detached", umount2(dir, MNT_DETACH));
  used("mapped", base);
  printf("mapping %d\n", p[7]);
  munmap(p, MB);
  used("not mapped", base);

  mount("none", dir, "tmpfs", 0, "size=200m");
  close(fill(file));
  chdir(dir);
  P("detached", umount2(dir, MNT_DETACH));
  used("working directory", base);
  P("access", access("file", R_OK));
  fd = open("file", O_RDONLY);
  chdir("/");
  used("left with an open file", base);
  close(fd);
  used("closed", base);

  char other[64];
  snprintf(other, sizeof other, "%s.other", dir);
  mkdir(other, 0700);
  mount("none", dir, "tmpfs", 0, "size=200m");
  close(fill(file));
  mount(dir, other, NULL, MS_BIND, NULL);
  P("one of two", umount(dir));
  used("mounted elsewhere", base);
  P("the other", umount(other));
  used("unmounted", base);
  rmdir(other);
  rmdir(dir);
  return 0;
}
