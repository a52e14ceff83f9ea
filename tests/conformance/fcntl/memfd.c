// memfd_create and seals.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../print.h"
int main(void) {
  char buf[300];
  int m = memfd_create("name", MFD_ALLOW_SEALING);
  struct stat st;
  fstat(m, &st);
  printf("fd %d mode %o size %ld nlink %ld cloexec %d\n", m, st.st_mode, (long)st.st_size, (long)st.st_nlink, fcntl(m, F_GETFD));
  P("write", write(m, "hello world", 11));
  P("pread", pread(m, buf, 100, 6));
  P("ftruncate", ftruncate(m, 8192));
  P("seals", fcntl(m, F_GET_SEALS));
  char *w = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, m, 0);
  printf("mapped %.5s\n", w);
  P("seal write with a writable mapping", fcntl(m, F_ADD_SEALS, F_SEAL_WRITE));
  munmap(w, 4096);
  P("seal shrink", fcntl(m, F_ADD_SEALS, F_SEAL_SHRINK));
  P("shrink", ftruncate(m, 100));
  P("grow", ftruncate(m, 9000));
  P("seal grow", fcntl(m, F_ADD_SEALS, F_SEAL_GROW));
  P("grow", ftruncate(m, 9001));
  P("write inside", pwrite(m, "x", 1, 0));
  P("write beyond", pwrite(m, "x", 1, 9000));
  P("fallocate", fallocate(m, 0, 0, 10000));
  P("seal write", fcntl(m, F_ADD_SEALS, F_SEAL_WRITE));
  P("write", pwrite(m, "x", 1, 0));
  P("punch", fallocate(m, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 100));
  P("shared writable", mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, m, 0) == MAP_FAILED ? -1 : 0);
  char *r = mmap(0, 4096, PROT_READ, MAP_SHARED, m, 0);
  P("shared readable", r == MAP_FAILED ? -1 : 0);
  char *pr = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, m, 0);
  P("private writable", pr == MAP_FAILED ? -1 : 0);
  pr[0] = 'J';
  P("seal seal", fcntl(m, F_ADD_SEALS, F_SEAL_SEAL));
  P("seal more", fcntl(m, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
  printf("seals %x\n", fcntl(m, F_GET_SEALS));
  int n = memfd_create("", MFD_CLOEXEC);
  printf("cloexec %d seals %d\n", fcntl(n, F_GETFD), fcntl(n, F_GET_SEALS));
  P("not sealable", fcntl(n, F_ADD_SEALS, F_SEAL_WRITE));
  int f = memfd_create("future", MFD_ALLOW_SEALING);
  ftruncate(f, 4096);
  char *before = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
  P("future write", fcntl(f, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
  before[0] = 'q';
  pread(f, buf, 1, 0);
  printf("%c\n", buf[0]);
  P("write", write(f, "x", 1));
  P("unknown seal", fcntl(f, F_ADD_SEALS, 0x100));
  P("bad flags", memfd_create("x", 0x40));
  memset(buf, 'a', 299);
  buf[250] = 0;
  P("name too long", memfd_create(buf, 0));
  buf[249] = 0;
  printf("longest name %d\n", memfd_create(buf, 0) >= 0);
  P("fault", memfd_create((char *)8, 0));
  return 0;
}
