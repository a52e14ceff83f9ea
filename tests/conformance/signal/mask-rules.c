// What sigprocmask takes and refuses; the masks in /proc/self/status.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void status(const char *when) {
  char line[200];
  FILE *f = fopen("/proc/self/status", "r");
  printf("%s\n", when);
  while (fgets(line, sizeof line, f))
    if (!strncmp(line, "Sig", 3) && strncmp(line, "SigQ", 4)) printf("  %s", line);
    else if (!strncmp(line, "ShdPnd", 6)) printf("  %s", line);
  fclose(f);
}
static void handler(int sig) { (void)sig; }

int main(void) {
  unsigned long set = ~0ul, old = 1;
  printf("setmask %ld\n", syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, &old, 8));
  printf("old %lx\n", old);
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &old, 8);
  printf("all but KILL and STOP: %lx\n", old);
  set = 0xff;
  syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, &old, 8);
  syscall(SYS_rt_sigprocmask, 77, NULL, &old, 8);
  printf("how is not looked at without a set: %lx\n", old);
  printf("how 77: %s\n", syscall(SYS_rt_sigprocmask, 77, &set, NULL, 8) < 0 ? strerror(errno) : "ok");
  printf("size 4: %s\n", syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 4) < 0 ? strerror(errno) : "ok");
  printf("bad pointer: %s\n", syscall(SYS_rt_sigprocmask, SIG_BLOCK, 8, NULL, 8) < 0 ? strerror(errno) : "ok");
  printf("bad old: %s\n", syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, 8, 8) < 0 ? strerror(errno) : "ok");
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &old, 8);
  printf("set all the same: %lx\n", old);
  signal(SIGUSR2, SIG_IGN);
  signal(SIGTERM, handler);
  set = 1ul << (SIGUSR1 - 1) | 1ul << (SIGHUP - 1);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8);
  kill(getpid(), SIGUSR1);
  syscall(SYS_tgkill, getpid(), getpid(), SIGHUP);
  kill(getpid(), SIGUSR2);
  status("one for the process, one for the thread");
  signal(SIGUSR1, SIG_IGN);
  status("ignoring drops what is pending");
  sigset_t pending;
  printf("sigpending size 16: %s\n", syscall(SYS_rt_sigpending, &pending, 16) < 0 ? strerror(errno) : "ok");
}
