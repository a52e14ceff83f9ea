// A child writes lines into a pipe, the parent sleeps until there is something to read.
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    int p[2];
    pipe(p);
    if (fork() == 0) {
        close(p[0]);
        for (int i = 1; i <= 3; i++) {
            char line[32];
            int n = snprintf(line, sizeof line, "message %d\n", i);
            write(p[1], line, n);
            usleep(2000);
        }
        _exit(0);
    }
    close(p[1]);
    char buf[128];
    long n;
    while ((n = read(p[0], buf, sizeof buf)) > 0) {
        printf("got %ld bytes: ", n);
        fflush(stdout);
        write(1, buf, n);
    }
    wait(NULL);
    return 0;
}
