// /proc/sys/kernel/seccomp: the actions there are, and which of them are logged.
#include "seccomp.h"

static void cat(const char *path) {
  char b[256];
  int fd = open(path, O_RDONLY);
  int n = read(fd, b, sizeof b);
  printf("%s: %.*s", path, n, b);
  close(fd);
}
static void put(const char *s) {
  int fd = open("/proc/sys/kernel/seccomp/actions_logged", O_WRONLY);
  printf("[%s] ", s);
  show("write", KERNEL(write(fd, s, strlen(s))));
  close(fd);
}
int main(void) {
  cat("/proc/sys/kernel/seccomp/actions_avail");
  cat("/proc/sys/kernel/seccomp/actions_logged");
  struct stat st;
  stat("/proc/sys/kernel/seccomp/actions_avail", &st);
  printf("%o ", st.st_mode);
  stat("/proc/sys/kernel/seccomp/actions_logged", &st);
  printf("%o\n", st.st_mode);
  put("allow");
  put("errno nonsense");
  cat("/proc/sys/kernel/seccomp/actions_logged");
  put("log kill_process");
  cat("/proc/sys/kernel/seccomp/actions_logged");
  put("kill_process kill_thread trap errno user_notif trace log");
  cat("/proc/sys/kernel/seccomp/actions_logged");
}
