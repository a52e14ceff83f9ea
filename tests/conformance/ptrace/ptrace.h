#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/** The raw call: no library between. -errno on failure; PEEK gives its word in *data. */
static long pt(long request, long pid, unsigned long addr, unsigned long data) {
  long r = syscall(SYS_ptrace, request, pid, addr, data);
  return r == -1 ? -errno : r;
}
#define P(x) ((unsigned long)(x))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void show(const char *what, long r) {
  if (r < 0) printf("%s: %s\n", what, strerrorname_np(-r) ? strerrorname_np(-r) : "?");
  else printf("%s: %ld\n", what, r);
  fflush(stdout);
}
#define KERNEL(call) ({ long r_ = (call); r_ == -1 ? -(long)errno : r_; })

/** A wait status in words. */
static void status_text(const char *who, int s) {
  static const char *events[] = {"", "FORK", "VFORK", "CLONE", "EXEC", "VFORK_DONE", "EXIT", "SECCOMP"};
  if (WIFEXITED(s)) printf("%s: exited %d\n", who, WEXITSTATUS(s));
  else if (WIFSIGNALED(s)) printf("%s: killed by %d%s\n", who, WTERMSIG(s), WCOREDUMP(s) ? " core" : "");
  else if (s == 0xffff) printf("%s: continued\n", who);
  else {
    int event = s >> 16;
    printf("%s: stopped %x%s%s\n", who, (s >> 8) & 0xff, event ? " " : "", event == 128 ? "STOP" : event < 8 ? events[event] : "?");
  }
  fflush(stdout);
}
/** Waits for one thread and says what it did. */
static int waits(const char *who, pid_t p) {
  int s = 0;
  pid_t r = waitpid(p, &s, __WALL);
  if (r != p) printf("%s: wait %d %s\n", who, r, r < 0 ? strerrorname_np(errno) : "");
  else status_text(who, s);
  fflush(stdout);
  return s;
}
/** The letter of its state, once it has had time to get there. */
static char state_of(pid_t p) {
  char path[64], b[512];
  sprintf(path, "/proc/%d/stat", p);
  int fd = open(path, O_RDONLY);
  int n = read(fd, b, 511);
  close(fd);
  if (n <= 0) return '-';
  b[n] = 0;
  return strrchr(b, ')')[2];
}
/** A line of its status file. */
static void status_line(pid_t p, const char *name) {
  char path[64], line[256];
  sprintf(path, "/proc/%d/status", p);
  FILE *f = fopen(path, "r");
  while (f && fgets(line, sizeof line, f))
    if (!strncmp(line, name, strlen(name))) fputs(line, stdout);
  if (f) fclose(f);
  fflush(stdout);
}
/** A child that is traced and stopped, about to run `f`. */
static pid_t traced(void (*f)(void)) {
  fflush(stdout);
  pid_t p = fork();
  if (p == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    f();
    _exit(0);
  }
  int s;
  waitpid(p, &s, 0);
  if (s != (SIGSTOP << 8 | 0x7f)) status_text("start", s);
  return p;
}
