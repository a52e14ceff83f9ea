// Events of a watched directory and of what is in it.
#define _GNU_SOURCE
#include <dirent.h>
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
  mkdir("d2", 0755);
  P("watch", inotify_add_watch(in, "d", IN_ALL_EVENTS));
  int fd = open("d/file", O_CREAT | O_WRONLY, 0600);
  show("create");
  write(fd, "x", 1);
  close(fd);
  show("write and close");
  mkdir("d/sub", 0755);
  show("mkdir");
  symlink("file", "d/link");
  show("symlink");
  mkfifo("d/fifo", 0600);
  show("mkfifo");
  link("d/file", "d/hard");
  show("link");
  rename("d/hard", "d/harder");
  show("rename inside");
  rename("d/harder", "d2/out");
  show("rename out");
  rename("d2/out", "d/in");
  show("rename in");
  rename("d/sub", "d/dir");
  show("rename of a directory");
  close(open("d/dir", O_RDONLY));
  show("open of a subdirectory");
  chmod("d/dir", 0700);
  show("chmod of a subdirectory");
  close(open("d/dir/deep", O_CREAT | O_WRONLY, 0600));
  show("create below");
  unlink("d/dir/deep");
  unlink("d/in");
  unlink("d/link");
  unlink("d/fifo");
  show("unlink");
  rmdir("d/dir");
  show("rmdir");
  rename("d/file", "d/a-name-of-15-ch");
  show("name lengths");
  rename("d/a-name-of-15-ch", "d/a-name-of-15-chr");
  show("name lengths");
  DIR *l = opendir("d");
  show("opendir");
  while (readdir(l));
  show("readdir");
  closedir(l);
  show("closedir");
  chmod("d", 0700);
  show("chmod of itself");
  fd = open("d/a-name-of-15-chr", O_RDONLY);
  unlink("d/a-name-of-15-chr");
  show("unlink while open");
  close(fd);
  show("close after");
  rename("d", "e");
  show("rename of itself");
  rmdir("e");
  show("rmdir of itself");
  return 0;
}
