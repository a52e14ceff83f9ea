// Every process makes another one until the kernel says no.
#include <stdio.h>
#include <unistd.h>

int main(void) {
    printf("forking...\n");
    fflush(stdout);
    for (;;)
        fork();
}
