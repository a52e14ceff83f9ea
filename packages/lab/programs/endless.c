// Never ends: Pause it, look around, Reset.
#include <stdio.h>

int main(void) {
    volatile unsigned long n = 0;
    printf("counting...\n");
    fflush(stdout);
    for (;;)
        n++;
}
