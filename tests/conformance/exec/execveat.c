/* execveat: by descriptor, relative to one, and its flags. */
#include "exec.h"
static void at(const char *what, int fd, const char *path, int flags) {
  fflush(stdout);
  char *argv[] = {"x", "show", NULL}, *none[] = {NULL};
  if (fork() == 0) {
    syscall(SYS_execveat, fd, path, argv, none, flags);
    printf("%s: %s\n", what, name(errno));
    fflush(stdout);
    _exit(1);
  }
  int status;
  wait(&status);
  if (!WEXITSTATUS(status)) printf("  %s\n", what);
}
static void copySelf(const char *path) {
  char block[65536];
  int in = open("/proc/self/exe", O_RDONLY), out = open(path, O_WRONLY | O_CREAT, 0755);
  ssize_t n;
  while ((n = read(in, block, sizeof block)) > 0) write(out, block, n);
  close(in);
  close(out);
}
int main(int argc, char **argv) {
  if (argc > 1) {
    char comm[32] = "";
    int fd = open("/proc/self/comm", O_RDONLY);
    read(fd, comm, 31);
    printf("file name %s", (char *)getauxval(AT_EXECFN));
    for (int i = 1; i < argc; i++) printf(", %s", argv[i]);
    printf("\n");
    return 0;
  }
  mkdir("dir", 0755);
  copySelf("dir/program");
  script("dir/script", "#!dir/program\n");
  symlink("program", "dir/link");
  int dir = dup2(open("dir", O_RDONLY | O_DIRECTORY), 20);
  int prog = dup2(open("dir/program", O_RDONLY), 21);
  int path = dup2(open("dir/program", O_PATH), 22);
  int linkfd = dup2(open("dir/link", O_PATH | O_NOFOLLOW), 23);
  int scriptfd = dup2(open("dir/script", O_RDONLY), 24);
  int closing = dup3(scriptfd, 25, O_CLOEXEC);
  at("relative", dir, "program", 0);
  at("relative, slash", dir, "./program", 0);
  at("link", dir, "link", 0);
  at("link not followed", dir, "link", AT_SYMLINK_NOFOLLOW);
  at("working directory", AT_FDCWD, "dir/program", 0);
  at("descriptor", prog, "", AT_EMPTY_PATH);
  at("O_PATH descriptor", path, "", AT_EMPTY_PATH);
  at("descriptor of a link", linkfd, "", AT_EMPTY_PATH);
  at("descriptor, no flag", prog, "", 0);
  at("descriptor of a directory", dir, "", AT_EMPTY_PATH);
  at("working directory itself", AT_FDCWD, "", AT_EMPTY_PATH);
  at("script by descriptor", scriptfd, "", AT_EMPTY_PATH);
  at("script by closing descriptor", closing, "", AT_EMPTY_PATH);
  at("script relative", dir, "script", 0);
  at("bad descriptor", 99, "program", 0);
  at("bad descriptor, empty path", 99, "", AT_EMPTY_PATH);
  at("not a directory", prog, "x", 0);
  at("bad flags", dir, "program", 1);
  at("missing", dir, "missing", 0);
  unlink("dir/program");
  at("removed file", prog, "", AT_EMPTY_PATH);
  return 0;
}
