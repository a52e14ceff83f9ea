// Process groups and sessions.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#define T(e) do { errno = 0; long r = (e); int x = errno; printf("%s: %d %d\n", #e, r < 0 ? -1 : r > 0, x); } while (0)
static void run(void (*f)(void)) { fflush(stdout); if (fork() == 0) { f(); fflush(stdout); _exit(0); } wait(0); }
static void leader(void) {
  T(setpgid(0, 0)); printf("own group %d\n", getpgrp() == getpid());
  T(setsid());
  T(setpgid(0, 0x7ffffff)); T(setpgid(0x7ffffff, 0)); T(setpgid(0, -1)); T(setpgid(1, 0));
}
static void session(void) {
  T(setsid()); printf("%d %d\n", getsid(0) == getpid(), getpgrp() == getpid());
  T(setsid()); T(setpgid(0, 0));
  int p[2]; pipe(p);
  pid_t c = fork();
  if (c == 0) { char b; close(p[1]); read(p[0], &b, 1); _exit(0); }
  T(setpgid(c, c)); printf("child group %d\n", getpgid(c) == c);
  T(setpgid(c, getpid())); T(getsid(c));
  T(getpgid(0x7ffffff)); T(getsid(0x7ffffff)); T(getpgid(-1));
  close(p[1]); wait(0);
}
static void execed(void) {
  int p[2]; pipe2(p, 02000000);
  pid_t c = fork();
  if (c == 0) { char *a[] = {"me", "sleep", 0}; execv("/proc/self/exe", a); _exit(1); }
  close(p[1]); char b; read(p[0], &b, 1);
  T(setpgid(c, c));
  kill(c, 9); wait(0);
}
int main(int argc, char **argv) {
  if (argc > 1) { for (;;) pause(); }
  run(leader); run(session); run(execed);
  printf("ppid changes: ");
  fflush(stdout);
  printf("%d\n", getppid() == syscall(SYS_getppid));
  return 0;
}
