// capget, capset, their relation to uid changes, the bounding and ambient sets, securebits.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static struct __user_cap_header_struct h;
static struct __user_cap_data_struct d[2];
static void get(const char *what) {
  h.version = _LINUX_CAPABILITY_VERSION_3; h.pid = 0;
  memset(d, 0, sizeof d);
  int r = syscall(SYS_capget, &h, d);
  printf("%s: %d eff has chown=%d perm has chown=%d inh=%x\n", what, r, d[0].effective & 1, d[0].permitted & 1, d[0].inheritable);
}
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
static void run(void (*f)(void)) { fflush(stdout); if (fork() == 0) { f(); fflush(stdout); _exit(0); } wait(0); }
static void drop(void) { get("root"); T(setuid(1000)); get("user"); }
static void keep(void) { T(prctl(PR_SET_KEEPCAPS, 1)); T(setresuid(1000, 1000, 1000)); get("kept"); T(prctl(PR_GET_KEEPCAPS)); d[0].effective = 1; T(syscall(SYS_capset, &h, d)); get("raised"); }
static void euid(void) { T(setresuid(-1, 1000, -1)); get("euid"); T(setresuid(-1, 0, -1)); get("back"); }
static void limit(void) {
  get("start");
  d[0].permitted &= ~1; d[0].effective &= ~1; T(syscall(SYS_capset, &h, d)); get("lowered");
  d[0].effective |= 1; T(syscall(SYS_capset, &h, d));
  h.version = 1; T(syscall(SYS_capget, &h, d)); printf("version %x\n", h.version);
  h.version = 1; T(syscall(SYS_capget, &h, 0)); h.pid = -1; h.version = _LINUX_CAPABILITY_VERSION_3; T(syscall(SYS_capget, &h, d)); h.pid = 0x7ffffff; T(syscall(SYS_capget, &h, d)); h.pid = 1; T(syscall(SYS_capset, &h, d));
}
static void sets(void) {
  T(prctl(PR_CAPBSET_READ, 5)); T(prctl(PR_CAPBSET_READ, 99)); T(prctl(PR_CAPBSET_DROP, 5)); T(prctl(PR_CAPBSET_READ, 5)); T(prctl(PR_CAPBSET_DROP, 99));
  T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 3, 0, 0));
  get("x"); d[0].inheritable = 8; T(syscall(SYS_capset, &h, d));
  T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 3, 0, 0)); T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 3, 0, 0)); T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)); T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 3, 0, 0));
  T(prctl(PR_GET_SECUREBITS)); T(prctl(PR_SET_SECUREBITS, 0x3)); T(prctl(PR_GET_SECUREBITS)); T(prctl(PR_SET_SECUREBITS, 0));
}
int main(void) { run(drop); run(keep); run(euid); run(limit); run(sets); return 0; }
