// A timer interrupts a read() from an empty pipe: once without SA_RESTART, once with it.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static int p[2];

static void handler(int sig) {
    if (sig == SIGALRM)
        write(p[1], "x", 1);
}

static void attempt(int flags) {
    struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };
    struct itimerval soon = { .it_value = { .tv_usec = 1000 } };
    char c;
    sigaction(SIGALRM, &sa, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    long n = read(p[0], &c, 1);
    printf("%s SA_RESTART: read() = %ld%s%s\n", flags ? "with" : "without", n, n < 0 ? ", " : "", n < 0 ? strerror(errno) : "");
    if (n < 0)
        read(p[0], &c, 1);
}

int main(void) {
    pipe(p);
    attempt(0);
    attempt(SA_RESTART);
    return 0;
}
