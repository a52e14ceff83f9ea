/* What exec keeps and what it resets. */
#include "exec.h"
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>
static void handler(int sig) {}
static int after(void) {
  struct sigaction sa;
  sigaction(SIGUSR1, NULL, &sa);
  printf("handler %d", sa.sa_handler == SIG_DFL);
  sigaction(SIGUSR2, NULL, &sa);
  printf(" ignored %d", sa.sa_handler == SIG_IGN);
  sigset_t set;
  sigprocmask(0, NULL, &set);
  printf(" blocked %d", sigismember(&set, SIGTERM));
  sigpending(&set);
  printf(" pending %d\n", sigismember(&set, SIGTERM));
  printf("descriptors 10 %d, 11 %d, 12 %d\n", fcntl(10, F_GETFD), fcntl(11, F_GETFD), fcntl(12, F_GETFD));
  printf("offset %ld\n", (long)lseek(10, 0, SEEK_CUR));
  char cwd[4096];
  getcwd(cwd, sizeof cwd);
  printf("directory %s, umask %o, nice %d\n", strrchr(cwd, '/') + 1, umask(0), getpriority(PRIO_PROCESS, 0));
  struct itimerval it;
  getitimer(ITIMER_REAL, &it);
  printf("alarm %d\n", it.it_value.tv_sec > 0);
  struct rlimit r;
  getrlimit(RLIMIT_NOFILE, &r);
  printf("limit %lu\n", (unsigned long)r.rlim_cur);
  stack_t ss;
  sigaltstack(NULL, &ss);
  printf("alternate stack disabled %d\n", (ss.ss_flags & SS_DISABLE) != 0);
  char comm[17];
  prctl(PR_GET_NAME, comm);
  printf("name %s, pdeath %d, dumpable %d, keepcaps %d\n", comm, (prctl(PR_GET_PDEATHSIG, &umask), 0), prctl(PR_GET_DUMPABLE), prctl(PR_GET_KEEPCAPS));
  printf("same pid %d, same parent %d\n", getpid() == atoi(getenv("PID")), getppid() == atoi(getenv("PPID_")));
  struct itimerspec its;
  printf("posix timer %s\n", timer_gettime((timer_t)0, &its) < 0 ? name(errno) : "there");
  unsigned char vec;
  printf("mapping %s\n", mincore((void *)0x20000000, 4096, &vec) < 0 ? name(errno) : "there");
  char locked[64];
  printf("session %d group %d\n", getsid(0) == atoi(getenv("SID")), getpgrp() == getpid());
  return 5;
}
int main(int argc, char **argv) {
  if (argc > 1) return after();
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    signal(SIGUSR1, handler);
    signal(SIGUSR2, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGTERM);
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    write(fd, "123456", 6);
    dup2(fd, 10);
    dup3(fd, 11, O_CLOEXEC);
    dup2(fd, 12);
    fcntl(12, F_SETFD, FD_CLOEXEC);
    mkdir("sub", 0755);
    chdir("sub");
    umask(027);
    nice(3);
    struct itimerval it = {{0, 0}, {100, 0}};
    setitimer(ITIMER_REAL, &it, NULL);
    struct rlimit r = {77, 100};
    setrlimit(RLIMIT_NOFILE, &r);
    static char stack[65536];
    stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&ss, NULL);
    prctl(PR_SET_NAME, "changed");
    prctl(PR_SET_KEEPCAPS, 1);
    prctl(PR_SET_DUMPABLE, 0);
    timer_t t;
    timer_create(CLOCK_MONOTONIC, NULL, &t);
    mmap((void *)0x20000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    mlockall(MCL_FUTURE);
    char pid[32], ppid[32], sid[32];
    snprintf(pid, 32, "PID=%d", getpid());
    snprintf(ppid, 32, "PPID_=%d", getppid());
    snprintf(sid, 32, "SID=%d", getsid(0));
    char *env[] = {pid, ppid, sid, NULL}, *args[] = {"x", "after", NULL};
    symlink("/proc/self/exe", "a-name-longer-than-fits");
    execve("./a-name-longer-than-fits", args, env);
    _exit(99);
  }
  int status;
  waitpid(child, &status, 0);
  printf("exit %d\n", WEXITSTATUS(status));
  return 0;
}
