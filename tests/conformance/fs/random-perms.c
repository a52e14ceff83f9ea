// Random operations by several users on a tree with random modes and owners.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
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
static const char *names[] = {"a", "b", "c", "s"};
static char *path(char *p) {
  strcpy(p, names[rnd(4)]);
  for (int n = rnd(3); n > 0; n--) strcat(strcat(p, "/"), names[rnd(3)]);
  return p;
}
static void out(const char *what, const char *p, const char *q, long arg, long r) {
  printf("%d/%d %s %s %s %lo: %s", geteuid(), getegid(), what, p, q, arg, r < 0 ? strerrorname_np(errno) : "ok");
  struct stat st;
  if (r >= 0 && fstatat(AT_FDCWD, p, &st, AT_SYMLINK_NOFOLLOW) == 0) printf(" %o %d:%d", st.st_mode, st.st_uid, st.st_gid);
  puts("");
}
static void become(void) {
  static const uid_t uids[] = {0, 1000, 1001};
  static const gid_t gids[] = {0, 100, 200};
  gid_t extra[2] = {gids[rnd(3)], 300};
  setresuid(0, 0, 0);
  setgroups(rnd(3), extra);
  setresgid(-1, gids[rnd(3)], -1);
  setresuid(rnd(2) ? 1001 : 0, uids[rnd(3)], 0);
}
static void step(void) {
  char p[64], q[64];
  int fd, r;
  struct timespec ts[2] = {{5, rnd(3) ? UTIME_NOW : 6}, {7, rnd(3) ? UTIME_NOW : rnd(2) ? UTIME_OMIT : 8}};
  path(p);
  path(q);
  errno = 0;
  switch (rnd(18)) {
    case 0: case 1: become(); break;
    case 2: case 3: {
      int flags = rnd(3) | (rnd(5) ? 0 : O_TRUNC) | (rnd(8) ? 0 : O_NOATIME);
      /* Without O_EXCL it would depend on fs.protected_regular, links by others on fs.protected_hardlinks. */
      if (rnd(2)) flags |= O_CREAT | O_EXCL;
      r = fd = open(p, flags, rnd(010000));
      out("open", p, "", flags, r);
      if (fd >= 0) {
        if (rnd(2)) out("write", p, "", 0, write(fd, "x", 1));
        if (rnd(3) == 0) out("ftruncate", p, "", 0, ftruncate(fd, rnd(4)));
        if (rnd(4) == 0) out("fchmod", p, "", 0, fchmod(fd, rnd(010000)));
        close(fd);
      }
      break;
    }
    case 4: { int m = rnd(010000); out("mkdir", p, "", m, mkdir(p, m)); break; }
    case 5: out("rmdir", p, "", 0, rmdir(p)); break;
    case 6: out("unlink", p, "", 0, unlink(p)); break;
    case 7: out("rename", p, q, 0, rename(p, q)); break;
    case 8: if (geteuid() == 0) out("link", p, q, 0, link(p, q)); break;
    case 9: { int m = rnd(4) ? rnd(010000) : 0777; out("chmod", p, "", m, chmod(p, m)); break; }
    case 10: {
      uid_t u = rnd(3) ? -1 : 1000 + rnd(2);
      gid_t g = rnd(3) ? (rnd(4) + 0) * 100 : -1;
      out("chown", p, "", g, chown(p, u, g));
      break;
    }
    case 11: { int m = rnd(8); out("access", p, "", m, access(p, m)); break; }
    case 12: { int m = rnd(8); out("faccessat", p, "", m, faccessat(AT_FDCWD, p, m, AT_EACCESS)); break; }
    case 13: out("utimensat", p, "", 0, utimensat(AT_FDCWD, p, ts, 0)); break;
    case 14: out("truncate", p, "", 0, truncate(p, rnd(100))); break;
    case 15: { int m = rnd(4) ? S_IFIFO : S_IFCHR; out("mknod", p, "", m, mknod(p, m | 0666, 0)); unlink(p); break; }
    case 16: {
      unsigned m = rnd(2) ? RENAME_EXCHANGE : RENAME_NOREPLACE;
      out("renameat2", p, q, m, renameat2(AT_FDCWD, p, AT_FDCWD, q, m));
      break;
    }
    case 17: out("opendir", p, "", 0, (fd = open(p, O_RDONLY | O_DIRECTORY)) >= 0 ? close(fd) : -1); break;
  }
}
int main(int argc, char **argv) {
  state = argc > 1 ? atoi(argv[1]) : 17;
  umask(0);
  mkdir("w", 0777);
  chdir("w");
  mkdir("s", 01777);
  mkdir("a", 0777);
  mkdir("b", 02775);
  chown("b", 1000, 100);
  for (int i = 0; i < (argc > 2 ? atoi(argv[2]) : 4000); i++) {
    step();
    if (i % 500 == 499) {
      setresuid(0, 0, 0);
      chmod("a", 0777), chmod("s", 01777), chmod("b", 02777);
    }
  }
  return 0;
}
