/* Files of running programs: writing, replacing, removing them. */
#include "exec.h"
static void copySelf(const char *path) {
  char block[65536];
  int in = open("/proc/self/exe", O_RDONLY), out = open(path, O_WRONLY | O_CREAT, 0755);
  ssize_t n;
  while ((n = read(in, block, sizeof block)) > 0) write(out, block, n);
  close(in);
  close(out);
}
static void result(const char *what, long r) { printf("%s: %s\n", what, r < 0 ? name(errno) : "ok"); }
int main(int argc, char **argv) {
  char c;
  if (argc > 1) {
    char link[4096] = "";
    write(atoi(argv[1]), "1", 1);
    read(atoi(argv[2]), &c, 1);
    readlink("/proc/self/exe", link, sizeof link - 1);
    printf("program: %s\n", strrchr(link, '/') + 1);
    fflush(stdout);
    int fd = open("/proc/self/exe", O_RDONLY);
    printf("still readable %zd\n", read(fd, &c, 1));
    result("its file for writing", open("/proc/self/exe", O_WRONLY));
    char *args[] = {"x", NULL};
    return 7;
  }
  copySelf("running");
  int up[2], down[2];
  pipe(up);
  pipe(down);
  char a[16], b[16];
  snprintf(a, 16, "%d", up[1]);
  snprintf(b, 16, "%d", down[0]);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    char *args[] = {"x", a, b, NULL}, *none[] = {NULL};
    execve("./running", args, none);
    _exit(1);
  }
  read(up[0], &c, 1);
  result("open for writing", open("running", O_WRONLY));
  result("open with O_TRUNC", open("running", O_RDONLY | O_TRUNC));
  result("truncate", truncate("running", 10));
  result("open for reading", open("running", O_RDONLY));
  int fd = open("running", O_RDONLY);
  result("map shared writable", mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0);
  result("rename", rename("running", "moved"));
  result("unlink", unlink("moved"));
  fflush(stdout);
  write(down[1], "1", 1);
  int status;
  waitpid(child, &status, 0);
  printf("exit %d\n", WEXITSTATUS(status));
  copySelf("running");
  result("afterwards", open("running", O_WRONLY));
  return 0;
}
