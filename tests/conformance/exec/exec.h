/* What the program-loading tests share. A test runs itself again with an argument that tells it what to be. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *name(int error) {
  const char *text = strerrorname_np(error);
  return text ? text : "?";
}

/* Runs a program in a child and tells how it ended. */
static void runs(const char *what, const char *path, char *const argv[], char *const envp[]) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    execve(path, argv, envp);
    printf("%s: %s\n", what, name(errno));
    fflush(stdout);
    _exit(99);
  }
  int status;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) printf("%s: signal %d\n", what, WTERMSIG(status));
  else if (WEXITSTATUS(status) != 99) printf("%s: exit %d\n", what, WEXITSTATUS(status));
}

static void put(const char *path, const void *bytes, size_t n, int mode) {
  unlink(path);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
  write(fd, bytes, n);
  fchmod(fd, mode);
  close(fd);
}

static void script(const char *path, const char *text) { put(path, text, strlen(text), 0755); }
