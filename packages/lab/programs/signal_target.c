// Sleeps in pause() and tells of each signal that its handlers catch; the others do what they do by default.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t last;

static void handler(int sig) {
    last = sig;
}

int main(void) {
    struct sigaction sa = { .sa_handler = handler };
    sigaction(SIGUSR1, &sa, NULL);
    sigaction(SIGALRM, &sa, NULL);
    sigaction(SIGCHLD, &sa, NULL);
    signal(SIGUSR2, SIG_IGN);
    printf("USR1, ALRM and CHLD have a handler, USR2 is ignored\n");
    for (;;) {
        fflush(stdout);
        pause();
        printf("the handler ran for signal %d\n", last);
    }
}
