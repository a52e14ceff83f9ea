// Reads the clock in a loop for 40 ms: ticks meet it at any place, also between the two looks at the sequence.
#include <stdio.h>
#include <time.h>

int main(void) {
    struct timespec start, now;
    long reads = 0, back = 0, last = 0;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long ns = 0; ns < 40 * 1000 * 1000; reads++) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        ns = (now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec - start.tv_nsec;
        if (ns < last)
            back++;
        last = ns;
    }
    printf("%ld times read, %ld times it went backwards\n", reads, back);
    return 0;
}
