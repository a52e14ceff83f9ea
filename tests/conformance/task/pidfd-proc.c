// A descriptor of /proc/PID serves as a pidfd for signals; other descriptors do not.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  pid_t child = fork();
  if (child == 0)
    for (;;) pause();
  char path[60];
  const char *names[] = {"/proc/%d", "/proc/%d/task", "/proc/%d/status", "/proc/%d/task/%d"};
  for (int i = 0; i < 4; i++) {
    snprintf(path, sizeof path, names[i], child, child);
    int fd = open(path, O_RDONLY);
    int r = syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0);
    printf("%d: %s\n", i, r < 0 ? strerror(errno) : "sent");
    close(fd);
  }
  int fd = open("/proc/self", O_PATH | O_DIRECTORY);
  printf("O_PATH: %s\n", syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) < 0 ? strerror(errno) : "sent");
  snprintf(path, sizeof path, "/proc/%d", child);
  fd = open(path, O_RDONLY);
  printf("kill: %s\n", syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) < 0 ? strerror(errno) : "sent");
  int status;
  waitpid(child, &status, 0);
  printf("ended by %d\n", WTERMSIG(status));
  printf("gone: %s\n", syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) < 0 ? strerror(errno) : "sent");
  printf("slack %d\n", prctl(PR_GET_TIMERSLACK));
  prctl(PR_SET_TIMERSLACK, 70000);
  fflush(stdout);
  if (fork() == 0) {
    int mine = prctl(PR_GET_TIMERSLACK);
    prctl(PR_SET_TIMERSLACK, 5);
    prctl(PR_SET_TIMERSLACK, 0);
    printf("child's slack %d, default %d\n", mine, prctl(PR_GET_TIMERSLACK));
    _exit(0);
  }
  wait(NULL);
}
