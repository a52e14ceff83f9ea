// The events of one descriptor, in words.
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>
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
