// Extended attributes of files, directories, links.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "../print.h"
static void list(const char *path) {
  char b[1000], *names[20];
  int n = 0;
  ssize_t r = listxattr(path, b, sizeof b);
  printf("list:");
  for (char *p = b; r > 0 && p < b + r; p += strlen(p) + 1)
    if (strncmp(p, "user.", 5) == 0 || strncmp(p, "trusted.t", 9) == 0) names[n++] = p;
  for (int i = 0; i < n; i++)
    for (int j = i + 1; j < n; j++)
      if (strcmp(names[i], names[j]) > 0) {
        char *t = names[i];
        names[i] = names[j];
        names[j] = t;
      }
  for (int i = 0; i < n; i++) printf(" %s", names[i]);
  printf("\n");
}
int main(void) {
  char b[70000];
  int f = open("f", O_CREAT | O_RDWR, 0600);
  mkdir("d", 0755);
  symlink("f", "l");
  list("f");
  P("set", setxattr("f", "user.a", "value", 5, 0));
  P("set", setxattr("l", "user.b", "", 0, XATTR_CREATE));
  P("create what exists", setxattr("f", "user.a", "x", 1, XATTR_CREATE));
  P("replace what does not", setxattr("f", "user.c", "x", 1, XATTR_REPLACE));
  P("replace", setxattr("f", "user.a", "longer value", 12, XATTR_REPLACE));
  P("get", getxattr("f", "user.a", b, sizeof b));
  printf("%.12s\n", b);
  P("size", getxattr("f", "user.a", 0, 0));
  P("too small", getxattr("f", "user.a", b, 5));
  P("empty", fgetxattr(f, "user.b", b, 5));
  P("none", getxattr("f", "user.z", b, 5));
  list("f");
  P("size of list, too small", listxattr("f", b, 3));
  P("remove", removexattr("f", "user.a"));
  P("remove again", removexattr("f", "user.a"));
  P("fremove", fremovexattr(f, "user.b"));
  list("f");
  P("directory", setxattr("d", "user.dir", "1", 1, 0));
  list("d");
  P("on a link", lsetxattr("l", "user.x", "1", 1, 0));
  P("trusted", setxattr("f", "trusted.t", "1", 1, 0));
  list("f");
  P("no name space", setxattr("f", "nothing", "1", 1, 0));
  P("unknown name space", setxattr("f", "foo.bar", "1", 1, 0));
  P("unknown name space", getxattr("f", "foo.bar", b, 10));
  P("bare prefix", setxattr("f", "user.", "1", 1, 0));
  P("empty name", setxattr("f", "", "1", 1, 0));
  memset(b, 'x', sizeof b);
  memcpy(b, "user.", 5);
  b[256] = 0;
  P("long name", setxattr("f", b, "1", 1, 0));
  P("large value", setxattr("f", "user.a", b, 65537, 0));
  P("bad flags", setxattr("f", "user.a", "1", 1, 4));
  P("missing file", setxattr("nope", "user.a", "1", 1, 0));
  P("closed", fsetxattr(99, "user.a", "1", 1, 0));
  P("O_PATH", fsetxattr(open("f", O_PATH), "user.a", "1", 1, 0));
  P("fault", setxattr("f", "user.a", (void *)8, 1, 0));
  P("fault", setxattr("f", (void *)8, "x", 1, 0));
  mkfifo("p", 0600);
  P("fifo", setxattr("p", "user.a", "1", 1, 0));
  return 0;
}
