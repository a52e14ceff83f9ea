// Random operations on a few names and descriptors, by a fixed sequence: every result must be the same.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint32_t state;
static unsigned rnd(unsigned n) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state % n;
}
static const char *parts[] = {"a", "b", "c", "d", ".", "..", "l", "m"};
static char *path(char *p) {
  int n = 1 + rnd(3) * (rnd(3) > 0);
  *p = 0;
  for (int i = 0; i < n; i++) {
    if (i) strcat(p, rnd(8) ? "/" : "//");
    /* Never above the working directory: two levels of it exist. */
    strcat(p, parts[rnd(i == 0 ? 4 : rnd(4) ? 4 : 8)]);
  }
  if (rnd(12) == 0) strcat(p, "/");
  if (rnd(60) == 0) *p = 0;
  return p;
}
enum { FDS = 6 };
static int fds[FDS] = {-1, -1, -1, -1, -1, -1};
static long sum;
static void out(const char *what, const char *p, const char *q, long arg, long r) {
  if (r < 0) printf("%s %s %s %lo: %s\n", what, p, q, arg, strerrorname_np(errno));
  else printf("%s %s %s %lo: %ld\n", what, p, q, arg, r);
}
static void show(const char *what, const char *p, int r, struct stat *st) {
  if (r < 0) printf("%s %s: %s\n", what, p, strerrorname_np(errno));
  else printf("%s %s: %o %ld %ld %d\n", what, p, st->st_mode, S_ISDIR(st->st_mode) ? 0 : (long)st->st_size, (long)st->st_nlink, st->st_uid);
}
static int cmp(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }
static void list(const char *p) {
  DIR *d = opendir(p);
  char *names[64];
  int n = 0;
  struct dirent *e;
  if (!d) return (void)printf("list %s: %s\n", p, strerrorname_np(errno));
  while ((e = readdir(d)) && n < 64) {
    char text[300];
    snprintf(text, sizeof text, "%s/%d", e->d_name, e->d_type);
    names[n++] = strdup(text);
  }
  closedir(d);
  qsort(names, n, sizeof *names, cmp);
  printf("list %s:", p);
  for (int i = 0; i < n; i++) printf(" %s", names[i]), free(names[i]);
  puts("");
}
static void step(void) {
  char p[128], q[128], buf[3000];
  struct stat st;
  int i = rnd(FDS), fd = fds[i], n;
  path(p);
  path(q);
  errno = 0;
  switch (rnd(30)) {
    case 0: case 1: case 2: case 3: {
      static const int modes[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDONLY, O_RDWR, O_PATH};
      int flags = modes[rnd(6)];
      if (rnd(2)) flags |= O_CREAT;
      if (!rnd(5)) flags |= O_EXCL;
      if (!rnd(5)) flags |= O_TRUNC;
      if (!rnd(6)) flags |= O_APPEND;
      if (!rnd(6)) flags |= O_NOFOLLOW;
      if (!rnd(8)) flags |= O_DIRECTORY;
      if (!rnd(12)) flags = O_TMPFILE | O_RDWR;
      if (fd >= 0) close(fd);
      fds[i] = open(p, flags | O_NONBLOCK, 0640);
      out("open", p, "", flags, fds[i] >= 0 ? 0 : -1);
      break;
    }
    case 4: out("close", "", "", i, fd < 0 ? 0 : close(fd)); fds[i] = -1; break;
    case 5: case 6: case 7:
      n = rnd(3) ? rnd(50) : rnd(3000);
      memset(buf, 'a' + rnd(26), n);
      out("write", "", "", i, write(fd, buf, n));
      break;
    case 8: case 9:
      n = read(fd, buf, rnd(3000));
      for (int k = 0; k < n; k++) sum = (sum * 31 + buf[k]) % 1000003;
      out("read", "", "", i, n);
      printf("%ld\n", sum);
      break;
    case 10:
      memset(buf, 'A' + rnd(26), 100);
      out("pwrite", "", "", i, pwrite(fd, buf, rnd(100), rnd(9000)));
      break;
    case 11:
      n = pread(fd, buf, rnd(3000), rnd(9000));
      for (int k = 0; k < n; k++) sum = (sum * 31 + buf[k]) % 1000003;
      out("pread", "", "", i, n);
      printf("%ld\n", sum);
      break;
    case 12: {
      int whence = rnd(3);
      long off = (long)rnd(4000) - 1000;
      if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) break;
      out("lseek", "", "", off, lseek(fd, off, whence));
      break;
    }
    case 13: out("ftruncate", "", "", i, ftruncate(fd, rnd(6000))); break;
    case 14: out("mkdir", p, "", 0, mkdir(p, 0750)); break;
    case 15: out("rmdir", p, "", 0, rmdir(p)); break;
    case 16: out("unlink", p, "", 0, unlink(p)); break;
    case 17: out("link", p, q, 0, link(p, q)); break;
    case 18: out("symlink", p, q, 0, symlink(p, q)); break;
    case 19: case 20: out("rename", p, q, 0, rename(p, q)); break;
    case 21: {
      unsigned flags = 1 << rnd(2);
      out("renameat2", p, q, flags, renameat2(AT_FDCWD, p, AT_FDCWD, q, flags));
      break;
    }
    case 22: show("stat", p, stat(p, &st), &st); break;
    case 23: show("lstat", p, lstat(p, &st), &st); break;
    case 24: show("fstat", "", fstat(fd, &st), &st); break;
    case 25:
      n = readlink(p, buf, 100);
      out("readlink", p, "", 0, n);
      break;
    case 26: out("chmod", p, "", 0, chmod(p, rnd(01000))); break;
    case 27: list(p); break;
    case 28:
      out("openat", p, "", i, (n = openat(fd, p, O_RDONLY | O_NONBLOCK)) >= 0 ? close(n) : -1);
      out("linkat", p, "", i, rnd(3) ? 0 : linkat(fd, "", AT_FDCWD, p, AT_EMPTY_PATH));
      break;
    case 29:
      out("truncate", p, "", 0, truncate(p, rnd(5000)));
      if (!rnd(3)) out("mknod", q, "", 0, mknod(q, S_IFIFO | 0600, 0));
      break;
  }
}
int main(int argc, char **argv) {
  state = argc > 1 ? atoi(argv[1]) : 20240229;
  umask(022);
  mkdir("w", 0755);
  chdir("w");
  mkdir("w", 0755);
  chdir("w");
  mkdir("a", 0755);
  mkdir("b", 0755);
  for (int i = 0; i < (argc > 2 ? atoi(argv[2]) : 4000); i++) step();
  list(".");
  list("..");
  return 0;
}
