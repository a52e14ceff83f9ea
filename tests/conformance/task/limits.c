// Resource limits: reading, lowering, raising, errors; what they do to fork and files.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
int main(void) {
  struct rlimit r = {10, 5}, o;
  T(setrlimit(RLIMIT_NOFILE, &r)); T(setrlimit(16, &r)); T(getrlimit(99, &r)); T(syscall(SYS_getrlimit, 7, 1));
  T(prlimit(0x7ffffff, 7, 0, &o)); T(prlimit(0, 7, 0, &o));
  r.rlim_cur = 6; r.rlim_max = o.rlim_max; T(setrlimit(RLIMIT_NOFILE, &r));
  int fd; while ((fd = open("/dev/null", O_RDONLY)) >= 0) ; printf("errno %d\n", errno);
  T(dup(0)); T(dup2(0, 6)); T(dup2(0, 5) == 5);
  r.rlim_cur = r.rlim_max = 100000; T(setrlimit(RLIMIT_FSIZE, &r));
  signal(SIGXFSZ, SIG_IGN);
  close(5); close(4);
  fd = open("lim", O_RDWR | O_CREAT | O_TRUNC, 0600);
  char b[200]; memset(b, 'x', 200);
  lseek(fd, 99900, SEEK_SET); T(write(fd, b, 200)); T(write(fd, b, 1)); T(ftruncate(fd, 100001)); T(ftruncate(fd, 50)); unlink("lim");
  fflush(stdout);
  if (fork() == 0) {
    setresuid(54321, 54321, 54321);
    r.rlim_cur = 1; r.rlim_max = 1; setrlimit(RLIMIT_NPROC, &r);
    T(fork()); 
    r.rlim_max = 2; T(setrlimit(RLIMIT_NPROC, &r));
    T(prlimit(getppid(), RLIMIT_CORE, 0, &o));
    fflush(stdout); _exit(0);
  }
  wait(0);
  struct rusage u;
  T(getrusage(RUSAGE_SELF, &u)); T(getrusage(RUSAGE_THREAD, &u)); T(getrusage(RUSAGE_CHILDREN, &u)); T(getrusage(5, &u)); T(syscall(SYS_getrusage, 0, 1));
  return 0;
}
