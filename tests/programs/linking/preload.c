// Comes before libc: its puts adds a mark, then calls the real one.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
int puts(const char *s) {
  int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "puts");
  fputs("preloaded: ", stdout);
  return real(s);
}
__attribute__((constructor)) static void begin(void) { puts("constructor"); }
