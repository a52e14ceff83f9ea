/* Who a program runs as: set-user-id and set-group-id bits. Needs root to set the files up. */
#include "exec.h"
#include <sys/prctl.h>
static void copySelf(const char *path, int uid, int gid, int mode) {
  char block[65536];
  int in = open("/proc/self/exe", O_RDONLY), out = open(path, O_WRONLY | O_CREAT, 0755);
  ssize_t n;
  while ((n = read(in, block, sizeof block)) > 0) write(out, block, n);
  fchown(out, uid, gid);
  fchmod(out, mode);
  close(in);
  close(out);
}
static unsigned long caps(const char *key) {
  static char text[8192];
  int fd = open("/proc/self/status", O_RDONLY);
  int n = read(fd, text, sizeof text - 1);
  text[n] = 0;
  close(fd);
  char *p = strstr(text, key);
  return p ? strtoul(p + strlen(key), NULL, 16) : 0;
}
static void as(const char *what, int uid, const char *path, int noNewPrivs) {
  fflush(stdout);
  char *argv[] = {"x", (char *)what, NULL}, *none[] = {NULL};
  if (fork() == 0) {
    setresgid(uid, uid, uid);
    setresuid(uid, uid, uid);
    if (noNewPrivs) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    execve(path, argv, none);
    printf("%s: %s\n", what, name(errno));
    fflush(stdout);
    _exit(1);
  }
  wait(NULL);
}
int main(int argc, char **argv) {
  if (argc > 1) {
    uid_t r, e, s;
    gid_t gr, ge, gs;
    getresuid(&r, &e, &s);
    getresgid(&gr, &ge, &gs);
    printf("%s: uid %d %d %d gid %d %d %d secure %lu aux %lu %lu dumpable %d caps %d %d\n", argv[1], r, e, s, gr, ge, gs, getauxval(AT_SECURE), getauxval(AT_UID), getauxval(AT_EUID),
           prctl(PR_GET_DUMPABLE), caps("CapPrm:\t") != 0, caps("CapEff:\t") != 0);
    return 0;
  }
  if (geteuid() != 0) return 0;
  /* a place whose mount honours the bits */
  char dir[] = "/var/tmp/setid-XXXXXX";
  mkdir("/var", 0755);
  mkdir("/var/tmp", 01777);
  if (!mkdtemp(dir) || chdir(dir) < 0) return 1;
  chmod(".", 0755);
  copySelf("plain", 0, 0, 0755);
  copySelf("suid", 1234, 0, 04755);
  copySelf("sgid", 0, 1235, 02755);
  copySelf("both", 1234, 1235, 06755);
  copySelf("rootsuid", 0, 0, 04755);
  copySelf("notexec", 0, 1235, 02745);
  copySelf("unreadable", 0, 0, 0711);
  as("root, plain", 0, "./plain", 0);
  as("root, set-user-id", 0, "./suid", 0);
  as("root, both", 0, "./both", 0);
  as("user, plain", 500, "./plain", 0);
  as("user, set-user-id", 500, "./suid", 0);
  as("user, set-group-id", 500, "./sgid", 0);
  as("user, both", 500, "./both", 0);
  as("user, set-user-id root", 500, "./rootsuid", 0);
  as("same user, set-user-id", 1234, "./suid", 0);
  as("group not executable", 1235, "./notexec", 0);
  as("user, no new privileges", 500, "./rootsuid", 1);
  as("user, unreadable", 500, "./unreadable", 0);
  script("scr", "#!./plain\n");
  chown("scr", 1234, 1235);
  chmod("scr", 06755);
  as("user, script with bits", 500, "./scr", 0);
  static const char *const made[] = {"plain", "suid", "sgid", "both", "rootsuid", "notexec", "unreadable", "scr"};
  for (unsigned i = 0; i < sizeof made / sizeof *made; i++) unlink(made[i]);
  rmdir(dir);
  return 0;
}
