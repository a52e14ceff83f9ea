#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A whole file into a static buffer; its length, or -1. */
static char text[1 << 20];
static long slurp(const char *path) {
  int fd = open(path, O_RDONLY);
  long n = 0, r;
  if (fd < 0) return -1;
  while ((r = read(fd, text + n, sizeof text - 1 - n)) > 0) n += r;
  int e = errno;
  close(fd);
  errno = e;
  text[n] = 0;
  return r < 0 ? -1 : n;
}

/* The value of a line "Name:\tvalue" of the last file. */
static const char *field(const char *name) {
  static char value[512];
  size_t n = strlen(name);
  for (char *p = text; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
    if (!strncmp(p, name, n) && p[n] == ':') {
      p += n + 1;
      size_t l = strcspn(p, "\n");
      memcpy(value, p, l);
      value[l] = 0;
      return value;
    }
  return "(none)";
}

static int put(const char *path, const char *value) {
  int fd = open(path, O_WRONLY);
  if (fd < 0) return -1;
  long n = write(fd, value, strlen(value));
  int e = errno;
  close(fd);
  errno = e;
  return n < 0 ? -1 : 0;
}

/* What became of a call. */
#define WHY(call) ({ errno = 0; (call) < 0 ? strerror(errno) : "ok"; })

static void result(const char *what, long v) { printf("%s: %s\n", what, v < 0 ? strerror(errno) : "ok"); }
