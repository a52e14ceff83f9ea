// arch_prctl, personality, uname, umask, getrandom, membarrier, rseq, getcpu errors.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  unsigned long v = 0;
  T(syscall(SYS_arch_prctl, 0x1003, &v)); printf("%d\n", v != 0);
  T(syscall(SYS_arch_prctl, 0x1001, 0x1234)); T(syscall(SYS_arch_prctl, 0x1004, &v)); printf("%lx\n", v);
  T(syscall(SYS_arch_prctl, 0x1001, 0x8000000000000000)); T(syscall(SYS_arch_prctl, 0x1001, 0x7ffffffff000)); T(syscall(SYS_arch_prctl, 0x1003, 1)); T(syscall(SYS_arch_prctl, 0x9999, 0));
  T(personality(0xffffffff)); T(personality(ADDR_NO_RANDOMIZE)); T(personality(0xffffffff)); personality(0);
  struct utsname u; T(uname(&u)); printf("%s %s\n", u.sysname, u.machine); T(syscall(SYS_uname, 1));
  umask(0);
  T(umask(01777)); T(umask(022));
  char b[300]; memset(b, 0, sizeof b);
  T(syscall(SYS_getrandom, b, 300, 0)); int nz = 0; for (int i = 0; i < 300; i++) nz += b[i] != 0; printf("%d\n", nz > 200);
  T(syscall(SYS_getrandom, b, 10, 8)); T(syscall(SYS_getrandom, b, 10, 6)); T(syscall(SYS_getrandom, 1, 10, 0)); T(syscall(SYS_getrandom, b, 0, 0));
  T(syscall(SYS_membarrier, 0, 0, 0) > 0); T(syscall(SYS_membarrier, 8, 0, 0)); T(syscall(SYS_membarrier, 16, 0, 0)); T(syscall(SYS_membarrier, 8, 0, 0)); T(syscall(SYS_membarrier, 3, 0, 0)); T(syscall(SYS_membarrier, 1, 1, 0));
  T(syscall(SYS_getcpu, 0, 0, 0)); T(syscall(SYS_getcpu, 1, 0, 0));
  T(syscall(423)); T(syscall(9999)); T(syscall(-1));
  char h[70]; memset(h, 'a', 70); T(syscall(SYS_sethostname, h, 65)); T(syscall(SYS_sethostname, h, -1)); T(syscall(SYS_sethostname, 1, 5));
  T(syscall(SYS_sysinfo, 1)); T(syscall(SYS_times, 1)); T(syscall(SYS_time, 1)); T(syscall(SYS_gettimeofday, 1, 0));
  return 0;
}
