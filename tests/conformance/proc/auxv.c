/* auxv is what getauxval sees. */
#include "proc.h"
#include <sys/auxv.h>
int main(void) {
  long n = slurp("/proc/self/auxv");
  unsigned long *v = (unsigned long *)text;
  int same = 1, end = 0;
  for (long i = 0; i < n / 16; i++) {
    if (v[2 * i] == AT_NULL) {
      end = 1;
      break;
    }
    if (v[2 * i] != AT_IGNORE && getauxval(v[2 * i]) != v[2 * i + 1]) same = 0;
  }
  printf("pairs %d same %d end %d\n", n % 16 == 0, same, end);
  return 0;
}
