// Reading the clock: clock_gettime through the vDSO.
#include <stdlib.h>
#include <time.h>
int main(int argc, char **argv) {
  struct timespec t;
  for (long n = argc > 1 ? atol(argv[1]) : 1000000; n > 0; n--) clock_gettime(CLOCK_MONOTONIC, &t);
}
