/* Arguments, environment, name, and changing them. */
#include "proc.h"
static void show(const char *what, long n) {
  printf("%s:", what);
  for (long i = 0; i < n; i++) putchar(text[i] ? text[i] : '|');
  printf(" (%ld)\n", n);
}
int main(int argc, char **argv) {
  char self[4096];
  if (argc == 1) {
    long n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n] = 0;
    char *args[] = {"name", "one", "", "t w o", NULL}, *env[] = {"A=1", "B=two words", NULL};
    execve(self, args, env);
    return 1;
  }
  show("cmdline", slurp("/proc/self/cmdline"));
  show("environ", slurp("/proc/self/environ"));
  prctl(PR_SET_NAME, "fifteen letters and more");
  show("comm", slurp("/proc/self/comm"));
  printf("write comm %d\n", put("/proc/self/comm", "other\n"));
  show("comm", slurp("/proc/self/comm"));
  memcpy(argv[0], "NAME", 4);
  show("written over", slurp("/proc/self/cmdline"));
  int fd = open("/proc/self/cmdline", O_RDONLY);
  char b[4];
  long n = pread(fd, b, 4, 5);
  printf("at 5: %ld %.*s\n", n, (int)n, b);
  n = pread(fd, b, 4, 1000);
  printf("beyond: %ld\n", n);
  return 0;
}
