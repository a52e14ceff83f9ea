// A signal to itself, caught.
#include <signal.h>
#include <stdlib.h>
static volatile long got;
static void handler(int s) { got++; }
int main(int argc, char **argv) {
  signal(SIGUSR1, handler);
  long n = argc > 1 ? atol(argv[1]) : 200000;
  for (long i = 0; i < n; i++) raise(SIGUSR1);
  return got != n;
}
