// What strace and gdb look at: calls, signals, a child, a filter.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int total;
int add(int a, int b) {
  int sum = a + b;
  total = sum;
  return sum;
}
static void handler(int sig) { total += sig; }

int main(int argc, char **argv) {
  const char *way = argc > 1 ? argv[1] : "plain";
  int sum = 0;
  for (int i = 0; i < 3; i++) sum += add(i, 10);
  if (!strcmp(way, "plain")) {
    int fd = open("/etc/passwd", O_RDONLY);
    char b[100];
    read(fd, b, sizeof b);
    lseek(fd, 0, SEEK_SET);
    close(fd);
    close(fd);
    open("/nowhere", O_RDWR | O_CREAT | O_EXCL, 0600);
    int p[2];
    pipe(p);
    write(p[1], "hello\n", 6);
    read(p[0], b, 6);
  } else if (!strcmp(way, "signals")) {
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    signal(SIGUSR2, SIG_IGN);
    raise(SIGUSR2);
    alarm(1);
    signal(SIGALRM, handler);
    pause();
  } else if (!strcmp(way, "fork")) {
    if (fork() == 0) {
      write(1, "child\n", 6);
      _exit(3);
    }
    wait(0);
  } else if (!strcmp(way, "seccomp")) {
    struct sock_filter f[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
                              BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
                              BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog prog = {6, f};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
    getppid();
    getuid();
  }
  printf("sum %d total %d\n", sum, total);
  return 0;
}
