// A call's result in one line, an error by its name. _GNU_SOURCE must be defined.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#define P(what, call)                                                   \
  do {                                                                  \
    errno = 0;                                                          \
    long r_ = (long)(call);                                             \
    printf("%s: %ld %s\n", what, r_, r_ < 0 ? strerrorname_np(errno) : ""); \
  } while (0)
