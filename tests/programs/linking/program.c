// dlopen and what belongs to it, symbol versions, IFUNC, threads that see a plugin's thread-local storage.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

int from_program(int n) { return n * 2; }

static int (*next)(void);
static void *thread(void *arg) {
  int a = next();
  int b = next();
  printf("in a thread: %d %d\n", a, b);
  return arg;
}

static int chosen_a(int n) { return n + 1; }
static int (*choose(void))(int) { return chosen_a; }
#ifdef __GLIBC__
__attribute__((ifunc("choose"))) int chosen(int n);
#else
int chosen(int n) { return choose()(n); }
#endif

static int show(struct dl_phdr_info *info, size_t size, void *arg) {
  const char *base = strrchr(info->dlpi_name, '/');
  if (strstr(info->dlpi_name, "vdso")) return 0;
  printf("object %s, %s\n", base ? base + 1 : info->dlpi_name, info->dlpi_addr % 4096 == 0 ? "on a page" : "askew");
  return 0;
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IOLBF, 0);
  puts("main");
  printf("ifunc %d\n", chosen(1));
  void *h = dlopen(argv[1], RTLD_NOW);
  if (!h) {
    printf("dlopen: %s\n", dlerror());
    return 1;
  }
  next = (int (*)(void))dlsym(h, "plugin_next");
  printf("%d", next());
  printf(" %d\n", next());
  pthread_t t;
  pthread_create(&t, 0, thread, 0);
  pthread_join(t, 0);
  printf("again %d\n", next());
  printf("missing symbol: %s\n", dlsym(h, "nonesuch") ? "found" : "not found");
  Dl_info info;
  int found = dladdr((void *)next, &info) != 0;
  printf("dladdr %d %s\n", found, found ? info.dli_sname : "");
  dl_iterate_phdr(show, 0);
  printf("dlclose %d\n", dlclose(h));
  printf("missing library: %s\n", dlopen("/nonexistent.so", RTLD_LAZY) ? "found" : "not found");
  printf("not a library: %s\n", dlopen("/etc/passwd", RTLD_LAZY) ? "found" : "not found");
  int same = dlsym(RTLD_DEFAULT, "malloc") == (void *)malloc;
  printf("malloc is one %d\n", same);
  return 0;
}
