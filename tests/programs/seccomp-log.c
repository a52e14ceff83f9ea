// What is said of verdicts in the kernel's log: deaths and RET_LOG always, others for filters that ask for it.
#include "../conformance/seccomp/seccomp.h"
#include <ctype.h>

static int kmsg;
/** The lines about one process, without times and numbers that differ. */
static void said(const char *what, pid_t pid) {
  char line[1024], want[32];
  sprintf(want, "pid=%d ", pid);
  printf("%s:\n", what);
  for (int n; (n = read(kmsg, line, sizeof line - 1)) > 0;) {
    line[n] = 0;
    char *text = strstr(line, "audit: type=1326"), *at;
    if (!text || !(at = strstr(text, want))) continue;
    printf("  %.*s", 23, text);
    char *after = strstr(text, "auid="), *exe = strstr(text, "exe="), *sig = strstr(text, " sig="), *ip = strstr(text, " ip=");
    printf(" %.*s", (int)(at - after), after);
    printf("comm %d exe %d", strstr(text, "comm=\"") != 0, exe[4] == '"');
    printf("%.*s", (int)(ip - sig), sig);
    printf(" ip %s%s", ip[4] == '0' ? "0x" : "?", strstr(text, " code="));
  }
  fflush(stdout);
}
static void child(const char *what, void (*f)(void)) {
  fflush(stdout);
  pid_t p = fork();
  if (p == 0) {
    f();
    _exit(0);
  }
  waitpid(p, 0, 0);
  said(what, p);
}
static unsigned verdict, flags;
static void run(void) {
  signal(SIGSYS, SIG_DFL);
  INSTALL(flags, LOAD(NR), ON(SYS_getppid, verdict), RET(SECCOMP_RET_ALLOW));
  syscall(SYS_getppid);
}
static void strict(void) {
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
  syscall(SYS_getppid);
}
int main(void) {
  kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
  lseek(kmsg, 0, SEEK_END);
  unsigned v[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_LOG | 5, SECCOMP_RET_TRAP | 1};
  for (int i = 0; i < COUNT(v); i++) {
    verdict = v[i];
    child("verdict", run);
  }
  flags = SECCOMP_FILTER_FLAG_LOG;
  verdict = SECCOMP_RET_ERRNO | 7;
  child("verdict of a filter that logs", run);
  verdict = SECCOMP_RET_ALLOW;
  child("allowed", run);
  child("strict", strict);
}
