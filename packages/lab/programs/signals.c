// A blocked signal stays pending, is delivered once when it is unblocked, and the handler returns through sigreturn.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t seen;

static void handler(int sig) {
    seen += sig;
}

int main(void) {
    struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
    sigset_t block, pending;
    sigaction(SIGUSR1, &sa, NULL);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigprocmask(SIG_BLOCK, &block, NULL);

    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR1);
    sigpending(&pending);
    printf("pending while blocked: %d, handler ran: %d\n", sigismember(&pending, SIGUSR1), seen != 0);

    sigprocmask(SIG_UNBLOCK, &block, NULL);
    printf("after unblocking, sum of signals seen: %d (sent twice, delivered once)\n", seen);
    return 0;
}
