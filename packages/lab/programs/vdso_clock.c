// Reads the clock in both ways: through the vDSO, and through the system call itself.
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long ns(const struct timespec *t) {
    return t->tv_sec * 1000000000LL + t->tv_nsec;
}

int main(void) {
    enum { ROUNDS = 100 };
    struct timespec start, end, t;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < ROUNDS; i++)
        clock_gettime(CLOCK_MONOTONIC, &t);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("vDSO:        %lld ns each, no system call\n", (ns(&end) - ns(&start)) / ROUNDS);

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < ROUNDS; i++)
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("system call: %lld ns each\n", (ns(&end) - ns(&start)) / ROUNDS);
    return 0;
}
