// sched_yield with nobody else runnable.
#include <sched.h>
#include <stdlib.h>
int main(int argc, char **argv) { for (long n = argc > 1 ? atol(argv[1]) : 500000; n > 0; n--) sched_yield(); }
