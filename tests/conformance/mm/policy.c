/* Memory policies on one node. */
#include "mm.h"
#include <linux/mempolicy.h>
int main(void) {
  char *p = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
  p[0] = 1;
  int mode = 99;
  unsigned long mask[16] = {9};
  result("get", syscall(SYS_get_mempolicy, &mode, mask, 1024, 0, 0));
  printf("%d %lx\n", mode, mask[0]);
  result("get node of an address", syscall(SYS_get_mempolicy, &mode, NULL, 0, p, MPOL_F_NODE | MPOL_F_ADDR));
  printf("%d\n", mode);
  result("allowed", syscall(SYS_get_mempolicy, NULL, mask, 1024, 0, MPOL_F_MEMS_ALLOWED));
  printf("%lx\n", mask[0]);
  result("address without flag", syscall(SYS_get_mempolicy, &mode, NULL, 0, p, 0));
  result("nothing mapped", syscall(SYS_get_mempolicy, &mode, NULL, 0, 0x10000, MPOL_F_ADDR));
  result("unknown flag", syscall(SYS_get_mempolicy, &mode, NULL, 0, 0, 8));
  mask[0] = 1;
  result("bind", syscall(SYS_set_mempolicy, MPOL_BIND, mask, 64));
  result("interleave", syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, mask, 64));
  result("prefer", syscall(SYS_set_mempolicy, MPOL_PREFERRED, mask, 64));
  result("prefer nothing", syscall(SYS_set_mempolicy, MPOL_PREFERRED, NULL, 0));
  result("local", syscall(SYS_set_mempolicy, MPOL_LOCAL, NULL, 0));
  result("local with nodes", syscall(SYS_set_mempolicy, MPOL_LOCAL, mask, 64));
  result("default", syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0));
  result("default with nodes", syscall(SYS_set_mempolicy, MPOL_DEFAULT, mask, 64));
  result("bind nothing", syscall(SYS_set_mempolicy, MPOL_BIND, NULL, 0));
  result("bad mode", syscall(SYS_set_mempolicy, 100, mask, 64));
  result("bad mask", syscall(SYS_set_mempolicy, MPOL_BIND, 1, 64));
  mask[0] = 2;
  result("a node that is not there", syscall(SYS_set_mempolicy, MPOL_BIND, mask, 64));
  mask[0] = 1;
  result("mbind", syscall(SYS_mbind, p, 2 * PAGE, MPOL_BIND, mask, 64, 0));
  result("mbind default", syscall(SYS_mbind, p, 2 * PAGE, MPOL_DEFAULT, NULL, 0, 0));
  result("mbind odd", syscall(SYS_mbind, p + 1, PAGE, MPOL_BIND, mask, 64, 0));
  result("mbind nothing there", syscall(SYS_mbind, 0x10000, PAGE, MPOL_BIND, mask, 64, 0));
  result("mbind length 0", syscall(SYS_mbind, p, 0, MPOL_BIND, mask, 64, 0));
  result("mbind flags", syscall(SYS_mbind, p, PAGE, MPOL_BIND, mask, 64, 64));
  // What is set can be asked for again, by children too, and splits areas.
  mask[0] = 1;
  int modes[] = {MPOL_BIND, MPOL_INTERLEAVE, MPOL_PREFERRED, MPOL_PREFERRED | MPOL_F_STATIC_NODES, MPOL_LOCAL, MPOL_DEFAULT};
  for (int i = 0; i < 6; i++) {
    int nodes = modes[i] != MPOL_LOCAL && modes[i] != MPOL_DEFAULT;
    result("set", syscall(SYS_set_mempolicy, modes[i], nodes ? mask : NULL, nodes ? 64 : 0));
    result("mbind the second", syscall(SYS_mbind, p + PAGE, PAGE, modes[i], nodes ? mask : NULL, nodes ? 64 : 0, 0));
    if (fork() == 0) {
      unsigned long m = 9;
      mode = 99;
      result("get", syscall(SYS_get_mempolicy, &mode, &m, 64, 0, 0));
      printf("%x %lx\n", mode, m);
      mode = 99;
      result("next", syscall(SYS_get_mempolicy, &mode, NULL, 0, 0, MPOL_F_NODE));
      printf("%x\n", mode);
      for (int j = 0; j < 3; j++) {
        m = 9;
        result("get of an address", syscall(SYS_get_mempolicy, &mode, &m, 64, p + j * PAGE, MPOL_F_ADDR));
        printf("%x %lx\n", mode, m);
      }
      fflush(stdout);
      _exit(0);
    }
    wait(NULL);
  }
  result("mbind with a hole", syscall(SYS_mbind, p, 1L << 40, MPOL_DEFAULT, NULL, 0, 0));
  mask[0] = 2;
  result("migrate nowhere", syscall(SYS_migrate_pages, 0, 64, mask, mask));
  mask[0] = 1;
  void *pages[3] = {p, p + PAGE, (void *)0x10000};
  int status[3] = {7, 7, 7};
  result("where", syscall(SYS_move_pages, 0, 3L, pages, NULL, status, 0));
  printf("%d %d %d\n", status[0], status[1], status[2]);
  result("migrate", syscall(SYS_migrate_pages, 0, 64, mask, mask));
  return 0;
}
