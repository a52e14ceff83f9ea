// System call entry and exit: getppid, uncached.
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv) { for (long n = argc > 1 ? atol(argv[1]) : 1000000; n > 0; n--) syscall(SYS_getppid); }
