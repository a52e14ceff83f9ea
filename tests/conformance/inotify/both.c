// A file and its directory watched by one descriptor; replaced names; hard links.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
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
  mkdir("d", 0755);
  close(open("d/f", O_CREAT | O_WRONLY, 0600));
  close(open("d/g", O_CREAT | O_WRONLY, 0600));
  P("d", inotify_add_watch(in, "d", IN_ALL_EVENTS));
  P("f", inotify_add_watch(in, "d/f", IN_ALL_EVENTS));
  P("g", inotify_add_watch(in, "d/g", IN_ALL_EVENTS));
  int fd = open("d/f", O_RDWR);
  write(fd, "x", 1);
  fchmod(fd, 0644);
  close(fd);
  show("open, write, chmod, close");
  rename("d/f", "d/g");
  show("replace");
  link("d/g", "d/h");
  show("link");
  unlink("d/g");
  show("unlink one name");
  fd = open("d/h", O_RDONLY);
  show("open by the other name");
  unlink("d/h");
  show("unlink the last while open");
  close(fd);
  show("close");
  close(open("d/a", O_CREAT | O_WRONLY, 0600));
  close(open("d/b", O_CREAT | O_WRONLY, 0600));
  show("two more");
  renameat2(AT_FDCWD, "d/a", AT_FDCWD, "d/b", RENAME_EXCHANGE);
  show("exchange");
  return 0;
}
