/* mlock and kin: errors, limits, what /proc shows. */
#include "mm.h"
#include <sys/prctl.h>
static long field(const char *key) {
  FILE *f = fopen("/proc/self/status", "r");
  char line[256];
  long v = -1;
  while (fgets(line, sizeof line, f))
    if (!strncmp(line, key, strlen(key))) sscanf(line + strlen(key), " %ld", &v);
  fclose(f);
  return v;
}
static void locked(const char *what) { printf("%s: VmLck %ld\n", what, field("VmLck:")); }
int main(void) {
  unsigned char vec[8];
  char *p = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);
  locked("start");
  result("mlock", mlock(p + 100, PAGE));
  locked("two pages");
  mincore(p, 8 * PAGE, vec);
  for (int i = 0; i < 8; i++) printf("%d", vec[i] & 1);
  printf("\n");
  result("again", mlock(p, PAGE));
  locked("again");
  result("munlock one", munlock(p, 1));
  locked("one left");
  result("munmap locked", munmap(p + PAGE, PAGE));
  locked("none left");
  result("over the hole", mlock(p, 4 * PAGE));
  locked("over the hole");
  result("munlock over the hole", munlock(p, 4 * PAGE));
  locked("unlocked");
  result("nothing there", mlock((void *)0x10000, PAGE));
  result("munlock nothing there", munlock((void *)0x10000, PAGE));
  result("length 0", mlock(p, 0));
  result("overflow", mlock(p, -1));
  result("mlock2 flag", syscall(SYS_mlock2, p, PAGE, 2));
  result("mlock2 on fault", syscall(SYS_mlock2, p + 4 * PAGE, 2 * PAGE, 1));
  locked("on fault");
  mincore(p + 4 * PAGE, 2 * PAGE, vec);
  printf("not yet there %d%d\n", vec[0] & 1, vec[1] & 1);
  p[4 * PAGE] = 1;
  mincore(p + 4 * PAGE, 2 * PAGE, vec);
  printf("touched %d%d\n", vec[0] & 1, vec[1] & 1);
  munlock(p, 8 * PAGE);
  mprotect(p + 7 * PAGE, PAGE, PROT_NONE);
  result("inaccessible", mlock(p + 7 * PAGE, PAGE));
  munlockall();
  locked("munlockall");
  char *l = mmap(NULL, 4 * PAGE, RW, ANON | MAP_LOCKED, -1, 0);
  mapped("MAP_LOCKED", l);
  mincore(l, 4 * PAGE, vec);
  printf("there %d%d%d%d\n", vec[0] & 1, vec[1] & 1, vec[2] & 1, vec[3] & 1);
  locked("MAP_LOCKED");
  fflush(stdout);
  if (fork() == 0) {
    locked("child");
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  mremap(l, 4 * PAGE, 2 * PAGE, 0);
  locked("shrunk");
  munmap(l, 2 * PAGE);
  result("mlockall 0", mlockall(0));
  result("mlockall 8", mlockall(8));
  result("mlockall on fault alone", mlockall(MCL_ONFAULT));
  result("mlockall future", mlockall(MCL_FUTURE));
  locked("future only");
  l = mmap(NULL, 3 * PAGE, RW, ANON, -1, 0);
  locked("new mapping");
  mincore(l, 3 * PAGE, vec);
  printf("there %d%d%d\n", vec[0] & 1, vec[1] & 1, vec[2] & 1);
  munlockall();
  locked("after munlockall");
  /* limits bind whoever has no CAP_IPC_LOCK */
  struct rlimit r = {4 * PAGE, 4 * PAGE};
  setrlimit(RLIMIT_MEMLOCK, &r);
  if (geteuid() == 0) setresuid(1000, 1000, 1000);
  char *m = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);
  result("over the limit", mlock(m, 5 * PAGE));
  result("at the limit", mlock(m, 4 * PAGE));
  result("one more", mlock(m + 5 * PAGE, 1));
  result("the same again", mlock(m, 4 * PAGE));
  mapped("MAP_LOCKED over the limit", mmap(NULL, PAGE, RW, ANON | MAP_LOCKED, -1, 0));
  mapped("mremap over the limit", mremap(m, 4 * PAGE, 16 * PAGE, MREMAP_MAYMOVE));
  result("mlockall over the limit", mlockall(MCL_CURRENT));
  munlock(m, 4 * PAGE);
  r.rlim_cur = 0;
  setrlimit(RLIMIT_MEMLOCK, &r);
  result("limit 0", mlock(m, 1));
  mapped("MAP_LOCKED limit 0", mmap(NULL, PAGE, RW, ANON | MAP_LOCKED, -1, 0));
  result("mlockall limit 0", mlockall(MCL_FUTURE));
  return 0;
}
