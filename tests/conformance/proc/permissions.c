/* What another user may see. */
#include "proc.h"
static void try(pid_t pid, const char *name) {
  char path[64], c;
  sprintf(path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_RDONLY);
  if (fd < 0) {
    printf("%s: open %s\n", name, strerror(errno));
    return;
  }
  long n = read(fd, &c, 1);
  printf("%s: read %s\n", name, n < 0 ? strerror(errno) : n == 0 ? "nothing" : "ok");
  close(fd);
}
int main(void) {
  pid_t root = getpid();
  if (getuid() != 0) return 0;
  pid_t pid = fork();
  if (pid == 0) {
    struct stat st;
    char path[64], b[4096];
    setgid(1234);
    setuid(1234);
    try(root, "status");
    try(root, "stat");
    try(root, "cmdline");
    try(root, "comm");
    try(root, "environ");
    try(root, "maps");
    try(root, "mem");
    try(root, "auxv");
    try(root, "io");
    try(root, "limits");
    try(root, "oom_score_adj");
    const char *links[] = {"exe", "cwd", "root", "fd/0"};
    for (int i = 0; i < 4; i++) {
      sprintf(path, "/proc/%d/%s", root, links[i]);
      long n = readlink(path, b, sizeof b);
      printf("%s: %s\n", links[i], n < 0 ? strerror(errno) : "ok");
    }
    sprintf(path, "/proc/%d/fd", root);
    printf("fd: %s\n", opendir(path) ? "ok" : strerror(errno));
    sprintf(path, "/proc/%d", root);
    stat(path, &st);
    printf("owner %d\n", st.st_uid);
    stat("/proc/self", &st);
    printf("own owner %d %d\n", st.st_uid, st.st_gid);
    result("sysctl", open("/proc/sys/vm/swappiness", O_WRONLY));
    result("read sysctl", open("/proc/sys/vm/swappiness", O_RDONLY));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  return 0;
}
