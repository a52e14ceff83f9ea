// Half a million system calls, a million events: the timeline holds them all. The argument says how many calls.
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv) {
    long calls = argc > 1 ? atol(argv[1]) : 500000;
    for (long i = 0; i < calls; i++)
        syscall(SYS_getppid);
    printf("%ld calls made\n", calls);
    return 0;
}
