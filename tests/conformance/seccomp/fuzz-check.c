// Random programs, most of them nearly right: which of them a filter may be.
#include "seccomp.h"
#include "random.h"

static const unsigned short good[] = {0x00, 0x01, 0x02, 0x03, 0x60, 0x61, 0x20, 0x80, 0x81, 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54,
                                      0x5c, 0x64, 0x6c, 0x74, 0x7c, 0x84, 0xa4, 0xac, 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d, 0x06, 0x16, 0x07, 0x87};

/** Program number `i`: the first instruction returns, so that what was accepted does no harm. */
static int make(struct sock_filter *f) {
  int n = 2 + below(12);
  f[0] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
  for (int pc = 1; pc < n; pc++) {
    unsigned short code = below(40) == 0 ? below(0x100) : below(400) == 0 ? rnd() : good[below(COUNT(good))];
    uint32_t k = below(30) == 0 ? constant() : below(16);
    int left = n - pc - 1, jt = left > 0 ? below(left + (below(40) == 0)) : 0, jf = left > 0 ? below(left + (below(40) == 0)) : 0;
    if (code == 0x05) k = left > 0 ? below(left + (below(40) == 0)) : below(2);
    if (code == 0x20 && below(20)) k = 4 * below(17);
    if (code == 0x60 || code == 0x61) k = below(4) ? 2 : below(16);
    if ((code == 0x02 || code == 0x03) && below(4)) k = 2;
    // Loads of scratch memory come after a store, mostly.
    if (pc == 1 && below(2)) code = 0x02, k = 2;
    f[pc] = (struct sock_filter){code, jt, jf, k};
  }
  if (below(20)) f[n - 1].code = below(2) ? 0x06 : 0x16;
  return n;
}

int main(void) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  int accepted = 0;
  for (int batch = 0; batch < 60; batch++) {
    fflush(stdout);
    pid_t p = fork();
    if (p == 0) {
      char line[201] = {0};
      for (int i = 0; i < 200; i++) {
        struct sock_filter f[16];
        int n = make(f);
        line[i] = install(f, n, 0) == 0 ? '1' : '.';
      }
      puts(line);
      fflush(stdout);
      _exit(0);
    }
    waitpid(p, 0, 0);
    state_ += 0x9e3779b9;
  }
}
