/* exe and comm after exec, and of a program whose file is gone. */
#include "proc.h"
int main(int argc, char **argv) {
  char b[4096];
  long n;
  if (argc == 1) {
    n = readlink("/proc/self/exe", b, sizeof b - 1);
    b[n] = 0;
    int in = open(b, O_RDONLY), out = open("copied_program", O_WRONLY | O_CREAT, 0755);
    while ((n = read(in, b, sizeof b)) > 0) write(out, b, n);
    close(out);
    symlink("copied_program", "link");
    execl("./link", "zero", "again", NULL);
    return 1;
  }
  slurp("/proc/self/comm");
  printf("comm %s", text);
  n = readlink("/proc/self/exe", b, sizeof b - 1);
  b[n] = 0;
  printf("exe %s\n", strrchr(b, '/') + 1);
  unlink("copied_program");
  n = readlink("/proc/self/exe", b, sizeof b - 1);
  b[n] = 0;
  printf("exe %s\n", strrchr(b, '/') + 1);
  int fd = open("/proc/self/exe", O_RDONLY);
  printf("can be opened %d\n", fd >= 0);
  slurp("/proc/self/maps");
  printf("maps %d\n", strstr(text, "copied_program (deleted)") != NULL);
  return 0;
}
