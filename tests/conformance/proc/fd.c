/* Descriptors as links that lead to the open file itself. */
#include "proc.h"
static void look(int fd) {
  char path[64], b[4096];
  struct stat st;
  sprintf(path, "/proc/self/fd/%d", fd);
  long n = readlink(path, b, sizeof b - 1);
  if (n < 0) {
    printf("%d: %s\n", fd, strerror(errno));
    return;
  }
  b[n] = 0;
  lstat(path, &st);
  char *name = strrchr(b, '/');
  if (!name || strchr(b, '[')) {
    name = b;
    char *p = strchr(name, '[');
    if (p) *p = 0;
  }
  printf("%d: %s mode %o size %ld\n", fd, name, st.st_mode & 0777, (long)st.st_size);
}
int main(void) {
  for (int i = 3; i < 20; i++) close(i);
  int a = open("file", O_RDWR | O_CREAT, 0644);
  int w = open("file", O_WRONLY), r = open("file", O_RDONLY);
  int p[2];
  pipe(p);
  int path = open("file", O_PATH);
  int dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
  for (int i = a; i <= dir + 1; i++) look(i);
  write(a, "hello", 5);
  char b[16] = "", name[64];
  sprintf(name, "/proc/self/fd/%d", r);
  int again = open(name, O_RDONLY);
  printf("own position: %ld %s\n", (long)read(again, b, 16), b);
  unlink("file");
  look(a);
  sprintf(name, "/proc/self/fd/%d", a);
  int gone = open(name, O_RDWR);
  printf("opened though unlinked %d\n", gone >= 0);
  sprintf(name, "/proc/self/fd/%d", p[0]);
  int w2 = open(name, O_WRONLY);
  write(w2, "via", 3);
  memset(b, 0, sizeof b);
  printf("pipe: %ld %s\n", (long)read(p[0], b, 16), b);
  sprintf(name, "/proc/self/fd/%d", path);
  printf("from O_PATH: %d\n", open(name, O_RDONLY) >= 0);
  close(a);
  sprintf(name, "/proc/self/fd/%d", a);
  printf("closed: %s\n", WHY(access(name, F_OK)));
  DIR *d = opendir("/proc/self/fd");
  struct dirent *e;
  int count = 0;
  while ((e = readdir(d))) count += e->d_type == DT_LNK && atoi(e->d_name) < 20;
  printf("links %d\n", count);
  printf("odd name: %s\n", WHY(access("/proc/self/fd/01", F_OK)));
  printf("unlink: %s\n", WHY(unlink("/proc/self/fd/0")));
  return 0;
}
