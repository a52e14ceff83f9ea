// getgroups and setgroups.
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <unistd.h>
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
int main(void) {
  gid_t g[8] = {30, 10, 20}, out[8];
  T(setgroups(3, g));
  T(getgroups(0, 0));
  T(getgroups(2, out));
  T(getgroups(8, out));
  printf("%u %u %u\n", out[0], out[1], out[2]);
  T(setgroups(70000, g));
  g[1] = -1;
  T(setgroups(3, g));
  T(getgroups(-1, out));
  T(setgroups(0, 0));
  T(getgroups(8, out));
  T(setuid(1000));
  T(setgroups(0, 0));
  return 0;
}
