/* What the memory-management programs share. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

static sigjmp_buf back;
static volatile int gotSignal, gotCode;
static char *volatile gotAddress;

static void onFault(int sig, siginfo_t *info, void *context) {
  gotSignal = sig;
  gotCode = info->si_code;
  gotAddress = info->si_addr;
  siglongjmp(back, 1);
}

static void catchFaults(void) {
  struct sigaction sa = {.sa_sigaction = onFault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &sa, NULL);
  sigaction(SIGBUS, &sa, NULL);
}

static const char *faultName(void) {
  static char text[32];
  const char *code = "?";
  if (gotSignal == SIGSEGV) code = gotCode == SEGV_MAPERR ? "SEGV_MAPERR" : gotCode == SEGV_ACCERR ? "SEGV_ACCERR" : "?";
  if (gotSignal == SIGBUS) code = gotCode == BUS_ADRERR ? "BUS_ADRERR" : gotCode == BUS_ADRALN ? "BUS_ADRALN" : "?";
  snprintf(text, sizeof text, "%s", code);
  return text;
}

/* Reads a byte: its value, or the fault that came. */
static void tryRead(const char *what, volatile char *p) {
  if (sigsetjmp(back, 1)) {
    printf("%s: read %s%s\n", what, faultName(), gotAddress == (char *)p ? "" : " at another address");
    return;
  }
  int c = *p;
  printf("%s: read %d\n", what, c);
}

static void tryWrite(const char *what, volatile char *p, int value) {
  if (sigsetjmp(back, 1)) {
    printf("%s: write %s%s\n", what, faultName(), gotAddress == (char *)p ? "" : " at another address");
    return;
  }
  *p = value;
  printf("%s: written\n", what);
}

static void tryCall(const char *what, void *p) {
  if (sigsetjmp(back, 1)) {
    printf("%s: call %s%s\n", what, faultName(), gotAddress == (char *)p ? "" : " at another address");
    return;
  }
  printf("%s: returned %d\n", what, ((int (*)(void))p)());
}

static const char *name(int error) {
  const char *text = strerrorname_np(error);
  return text ? text : "?";
}

/* Result of a call that gives 0 or an error. */
static void result(const char *what, long r) { printf("%s: %s\n", what, r == -1 ? name(errno) : r == 0 ? "0" : "positive"); }

/* Result of a mapping call. */
static void mapped(const char *what, void *p) { printf("%s: %s\n", what, p == MAP_FAILED ? name(errno) : "mapped"); }

/* Number of areas that cover [p, p+len) and the pages covered. */
static void areas(const char *what, void *p, size_t len) {
  FILE *f = fopen("/proc/self/maps", "r");
  char line[512], perms[8];
  unsigned long a, b, from = (unsigned long)p, to = from + len;
  printf("%s:", what);
  while (fgets(line, sizeof line, f)) {
    sscanf(line, "%lx-%lx %7s", &a, &b, perms);
    if (b <= from || a >= to) continue;
    printf(" %ld+%ld %s", ((long)a - (long)from) / 4096, (b - a) / PAGE, perms);
  }
  printf("\n");
  fclose(f);
}
