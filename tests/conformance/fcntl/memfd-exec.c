// memfds that shall stay executable or not: MFD_EXEC, MFD_NOEXEC_SEAL and F_SEAL_EXEC.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_NOEXEC_SEAL 8U
#define MFD_EXEC 16U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 32
#endif
#include "../print.h"
static int make(unsigned flags) { return syscall(SYS_memfd_create, "m", flags); }
static void show(int fd, const char *what) {
  struct stat st;
  fstat(fd, &st);
  printf("%s: mode %o seals %x\n", what, st.st_mode, fcntl(fd, F_GET_SEALS));
}

int main(void) {
  P("both", make(MFD_EXEC | MFD_NOEXEC_SEAL));
  int n = make(MFD_NOEXEC_SEAL);
  show(n, "noexec");
  P("make executable", fchmod(n, 0755));
  P("make readable only", fchmod(n, 0444));
  P("more seals", fcntl(n, F_ADD_SEALS, F_SEAL_SHRINK));
  show(n, "sealed");
  int e = make(MFD_EXEC);
  show(e, "exec");
  P("seal", fcntl(e, F_ADD_SEALS, F_SEAL_EXEC));
  int x = make(MFD_EXEC | MFD_ALLOW_SEALING);
  ftruncate(x, 100);
  show(x, "exec, sealable");
  P("seal", fcntl(x, F_ADD_SEALS, F_SEAL_EXEC));
  show(x, "an executable one is sealed against writing too");
  P("write", write(x, "x", 1));
  P("not executable", fchmod(x, 0644));
  P("same bits", fchmod(x, 0755 | 0022));
  int y = make(MFD_ALLOW_SEALING);
  P("clear the bits", fchmod(y, 0600));
  P("seal", fcntl(y, F_ADD_SEALS, F_SEAL_EXEC));
  show(y, "not executable");
  P("write", write(y, "x", 1));
  P("executable", fchmod(y, 0700));
  int w = make(MFD_EXEC | MFD_ALLOW_SEALING);
  ftruncate(w, 4096);
  mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, w, 0);
  P("seal with a writable mapping", fcntl(w, F_ADD_SEALS, F_SEAL_EXEC));
  show(w, "unchanged");
  return 0;
}
