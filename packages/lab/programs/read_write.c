// Reads from standard input and writes back what it got. With nothing to read, read() sleeps.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    char buf[64];
    const char *ask = "Type a line: ";
    write(1, ask, strlen(ask));
    long n = read(0, buf, sizeof buf);
    if (n < 0) {
        perror("read");
        return 1;
    }
    printf("read() returned %ld\n", n);
    fflush(stdout);
    write(1, buf, n);
    return 0;
}
