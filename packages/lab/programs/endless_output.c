// Prints for ever: the lab stops it when there is too much.
#include <stdio.h>

int main(void) {
    for (unsigned long n = 0;; n++)
        printf("line %lu\n", n);
}
