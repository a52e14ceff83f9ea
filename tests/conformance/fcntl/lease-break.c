// What a lease can become while somebody waits for it to be given up.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAY(x) ({ errno = 0; long r_ = (long)(x); printf("%s = %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); r_; })

static void broken_by(int lease, int how) {
  sigset_t set;
  siginfo_t info;
  sigemptyset(&set);
  sigaddset(&set, SIGIO);
  sigprocmask(SIG_BLOCK, &set, 0);
  int fd = open("file", O_RDONLY);
  printf("-- lease %d, opener %o\n", lease, how);
  SAY(fcntl(fd, F_SETLEASE, lease));
  pid_t p = fork();
  if (p == 0) {
    close(fd);
    int r = how == O_TRUNC ? truncate("file", 0) : open("file", how);
    _exit(r < 0 ? 1 : 0);
  }
  sigwaitinfo(&set, &info);
  // The child is asleep by the time the signal's second effect can be seen.
  char path[64], line[256], state = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", p);
  while (state != 'S') {
    FILE *f = fopen(path, "r");
    if (f && fgets(line, sizeof line, f)) state = strrchr(line, ')')[2];
    if (f) fclose(f);
    usleep(1000);
  }
  SAY(fcntl(fd, F_GETLEASE));
  if (lease == F_WRLCK) {
    SAY(fcntl(fd, F_SETLEASE, F_RDLCK));
    SAY(fcntl(fd, F_GETLEASE));
  }
  SAY(fcntl(fd, F_SETLEASE, F_UNLCK));
  int st;
  waitpid(p, &st, 0);
  printf("opener ended %d\n", WEXITSTATUS(st));
  close(fd);
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  close(open("file", O_CREAT | O_RDWR, 0600));
  broken_by(F_WRLCK, O_RDONLY);
  broken_by(F_WRLCK, O_WRONLY);
  broken_by(F_WRLCK, O_TRUNC);
  broken_by(F_RDLCK, O_RDWR);
  broken_by(F_RDLCK, O_TRUNC);
  return 0;
}
