// Reads the clock N times a round, six rounds, with a mark before and after each: clock_cost vdso|syscall N
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int by_call = argc > 1 && !strcmp(argv[1], "syscall");
    long n = argc > 2 ? atol(argv[2]) : 1000;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    for (int round = 0; round < 6; round++) {
        write(1, "<", 1);
        if (by_call)
            for (long i = 0; i < n; i++)
                syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
        else
            for (long i = 0; i < n; i++)
                clock_gettime(CLOCK_MONOTONIC, &t);
        write(1, ">", 1);
    }
    return 0;
}
