/* What others see of sleeping, stopped and dead processes. */
#include "proc.h"
static void look(const char *what, pid_t pid) {
  char path[64];
  sprintf(path, "/proc/%d/stat", pid);
  if (slurp(path) < 0) {
    printf("%s: %s\n", what, strerror(errno));
    return;
  }
  printf("%s: %c", what, strrchr(text, ')')[2]);
  sprintf(path, "/proc/%d/status", pid);
  slurp(path);
  printf(" %s vm %s", field("State"), strcmp(field("VmSize"), "(none)") ? "yes" : "no");
  sprintf(path, "/proc/%d/cmdline", pid);
  printf(" cmdline %d", slurp(path) > 0);
  char link[256];
  sprintf(path, "/proc/%d/exe", pid);
  long n = readlink(path, link, sizeof link);
  printf(" exe %s", n < 0 ? strerror(errno) : "ok");
  sprintf(path, "/proc/%d/cwd", pid);
  n = readlink(path, link, sizeof link);
  printf(" cwd %s\n", n < 0 ? strerror(errno) : "ok");
}
int main(void) {
  int st;
  pid_t pid = fork();
  if (pid == 0)
    for (;;) pause();
  usleep(20000);
  look("asleep", pid);
  kill(pid, SIGSTOP);
  waitpid(pid, &st, WUNTRACED);
  look("stopped", pid);
  kill(pid, SIGKILL);
  siginfo_t si;
  waitid(P_PID, pid, &si, WEXITED | WNOWAIT);
  look("zombie", pid);
  char path[64];
  sprintf(path, "/proc/%d", pid);
  int fd = open(path, O_RDONLY | O_DIRECTORY);
  sprintf(path, "/proc/%d/stat", pid);
  int file = open(path, O_RDONLY);
  waitpid(pid, &st, 0);
  look("gone", pid);
  char c;
  long n = read(file, &c, 1);
  printf("open file: %ld %s\n", n, strerror(errno));
  n = openat(fd, "stat", O_RDONLY);
  printf("open directory: %ld %s\n", n, strerror(errno));
  return 0;
}
