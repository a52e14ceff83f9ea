// Watches on a file system that is unmounted.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#define P(what, call)                                                   \
  do {                                                                  \
    errno = 0;                                                          \
    long r_ = (long)(call);                                             \
    printf("%s: %ld %s\n", what, r_, r_ < 0 ? strerrorname_np(errno) : ""); \
  } while (0)
static const char *names[] = {"ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN", "MOVED_FROM", "MOVED_TO", "CREATE", "DELETE", "DELETE_SELF", "MOVE_SELF", 0, "UNMOUNT", "Q_OVERFLOW", "IGNORED"};
static int in;
// Prints and drops all events; cookies as their order of appearance.
static void show(const char *what) {
  static char buf[65536] __attribute__((aligned(8)));
  static unsigned seen[64], nseen;
  printf("%s\n", what);
  for (;;) {
    ssize_t n = read(in, buf, sizeof buf);
    if (n <= 0) break;
    for (char *p = buf; p < buf + n;) {
      struct inotify_event *e = (void *)p;
      printf("  wd %d", e->wd);
      for (int i = 0; i < 16; i++)
        if (e->mask >> i & 1) printf(" %s", names[i]);
      if (e->mask & IN_ISDIR) printf(" ISDIR");
      if (e->cookie) {
        unsigned c = 0;
        while (c < nseen && seen[c] != e->cookie) c++;
        if (c == nseen) seen[nseen++] = e->cookie;
        printf(" cookie %u", c);
      }
      if (e->len) printf(" len %u %s", e->len, e->name);
      printf("\n");
      p += sizeof *e + e->len;
    }
  }
}
int main(void) {
  in = inotify_init1(IN_NONBLOCK);
  mkdir("m", 0755);
  if (unshare(CLONE_NEWNS) == 0) mount("none", "/", 0, MS_REC | MS_PRIVATE, 0);
  if (mount("none", "m", "tmpfs", 0, 0) < 0) return 0;
  close(open("m/f", O_CREAT | O_WRONLY, 0600));
  P("watch", inotify_add_watch(in, "m/f", IN_OPEN));
  P("watch", inotify_add_watch(in, "m", IN_CREATE));
  P("watch below", inotify_add_watch(in, ".", IN_ALL_EVENTS));
  show("nothing");
  P("umount", umount("m"));
  show("unmounted");
  return 0;
}
