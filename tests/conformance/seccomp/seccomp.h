#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV 32
#endif

#define NR offsetof(struct seccomp_data, nr)
#define ARG(n) (offsetof(struct seccomp_data, args) + 8 * (n))
#define LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at))
#define RET(v) BPF_STMT(BPF_RET | BPF_K, (v))
/** If the number is `call`, the verdict is `v`. Needs LOAD(NR) before. */
#define ON(call, v) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), RET(v)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static long seccomp(unsigned op, unsigned flags, void *args) { return syscall(SYS_seccomp, op, flags, args); }

/** Installs `n` instructions; -errno or what the call returns. */
static long install(struct sock_filter *f, unsigned n, unsigned flags) {
  struct sock_fprog p = {n, f};
  long r = seccomp(SECCOMP_SET_MODE_FILTER, flags, &p);
  return r < 0 ? -errno : r;
}
#define INSTALL(flags, ...)                              \
  ({                                                     \
    struct sock_filter f_[] = {__VA_ARGS__};             \
    install(f_, COUNT(f_), (flags));                     \
  })

static void show(const char *what, long r) {
  if (r < 0) printf("%s: %s\n", what, strerrorname_np(-r) ? strerrorname_np(-r) : "?");
  else printf("%s: %ld\n", what, r);
  fflush(stdout);
}
/** A call's result in the kernel's form. */
#define KERNEL(call) ({ long r_ = (call); r_ == -1 ? -(long)errno : r_; })

static void ended(const char *what, int status) {
  if (WIFSIGNALED(status)) printf("%s: killed by %d core %d\n", what, WTERMSIG(status), !!WCOREDUMP(status));
  else printf("%s: exit %d\n", what, WEXITSTATUS(status));
  fflush(stdout);
}
/** Runs `f` in a child and tells how that ended. */
static void in_child(const char *what, void (*f)(void)) {
  fflush(stdout);
  pid_t p = fork();
  if (p == 0) {
    f();
    fflush(stdout);
    _exit(0);
  }
  int status;
  waitpid(p, &status, 0);
  ended(what, status);
}

/** The lines about seccomp in a status file. */
static void show_status(const char *path) {
  FILE *f = fopen(path, "r");
  char line[256];
  while (f && fgets(line, sizeof line, f))
    if (!strncmp(line, "NoNewPrivs", 10) || !strncmp(line, "Seccomp", 7)) fputs(line, stdout);
  if (f) fclose(f);
  fflush(stdout);
}
