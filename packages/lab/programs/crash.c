// Writes through a null pointer: page fault, SIGSEGV, end.
#include <stdio.h>

int main(void) {
    printf("about to write to address 0\n");
    fflush(stdout);
    volatile int *nowhere = 0;
    *nowhere = 42;
    printf("never printed\n");
    return 0;
}
