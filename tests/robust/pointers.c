/*
 * Every system call with hostile arguments, each in a child with a time limit. For lstar only: as
 * root on a real kernel this would do harm. Prints a digest of how the children ended.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long pick(unsigned seed, char *straddle, char *readonly, char *good) {
  static const unsigned long fixed[] = {0,          1,          2,          3,          -1UL,       8,        4096,
                                        0x7fffffff, 0x80000000, 0xffffffff, 1UL << 47,  1UL << 63,  0xffffffff81000000, 0xdead0000};
  unsigned n = sizeof fixed / sizeof *fixed;
  unsigned i = seed % (n + 6);
  if (i < n) return fixed[i];
  switch (i - n) {
    case 0: return (unsigned long)straddle;
    case 1: return (unsigned long)readonly;
    case 2: return (unsigned long)good;
    case 3: return (unsigned long)good + 1;
    case 4: return 64;
    default: return 5;
  }
}

int main(int argc, char **argv) {
  int from = argc > 1 ? atoi(argv[1]) : 0, to = argc > 2 ? atoi(argv[2]) : 463, rounds = argc > 3 ? atoi(argv[3]) : 24;
  char *map = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(map + 4096, 4096);
  mprotect(map + 8192, 4096, PROT_READ);
  char *straddle = map + 4096 - 4, *readonly = map + 8192;
  char *good = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int p[2];
  pipe(p);                         /* 3, 4 */
  open("/tmp", O_RDONLY);          /* 5 */
  open("/tmp/file", O_RDWR | O_CREAT, 0600);
  long calls = 0, exited = 0, killed = 0;
  unsigned seed = 12345;
  for (int nr = from; nr < to; nr++) {
    if (nr == SYS_exit || nr == SYS_exit_group || nr == SYS_kill || nr == SYS_tkill || nr == SYS_tgkill) continue;
    /* A second task on the same stack may do anything, natively too. */
    if (nr == SYS_clone || nr == SYS_clone3 || nr == SYS_vfork || nr == SYS_fork) continue;
    if (nr == SYS_rt_sigqueueinfo || nr == SYS_rt_tgsigqueueinfo || nr == SYS_pidfd_send_signal) continue;
    for (int r = 0; r < rounds; r++) {
      unsigned long a[6];
      for (int i = 0; i < 6; i++) {
        seed = seed * 1103515245 + 12345;
        a[i] = pick(seed >> 12, straddle, readonly, good);
      }
      fflush(stdout);
      pid_t pid = fork();
      if (pid == 0) {
        struct rlimit limit = {50, 50};
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0), dup2(null, 1), dup2(null, 2), close(null);
        setpgid(0, 0);
        setrlimit(RLIMIT_NPROC, &limit);
        alarm(1);
        memset(good, r & 1 ? 0xff : 0, 65536);
        syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
        _exit(0);
      }
      int status = 0;
      calls++;
      while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
      }
      kill(-pid, SIGKILL);
      if (WIFEXITED(status)) exited++;
      else killed++;
      while (waitpid(-1, &status, WNOHANG) > 0) {
      }
    }
  }
  printf("calls %ld, all children ended: %s\n", calls, exited + killed == calls ? "yes" : "no");
  return 0;
}
