// SQPOLL: a thread of the kernel watches the submission ring. 32 reads without a system call, then the thread falls asleep and is woken.
#include <fcntl.h>
#include <stdio.h>
#include "uring.h"

enum { BLOCK = 512, READS = 32 };
static char buf[BLOCK];
static struct ring r;
static int file;

// Waits for one completion by looking at the ring.
static int reap(void) {
    struct cqe *c;
    while (!(c = ring_peek(&r)))
        ;
    int res = c->res;
    ring_seen(&r);
    return res;
}

int main(void) {
    long bytes = 0;
    file = open("/tmp/payload", O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < READS; i++)
        write(file, buf, BLOCK);
    if (ring_setup(&r, 8, SETUP_SQPOLL, 10) < 0) {
        perror("io_uring_setup");
        return 1;
    }
    ring_rw(&r, OP_NOP, -1, NULL, 0, 0, 0);
    ring_publish(&r);
    if (ring_needs_wakeup(&r)) ring_enter(&r, 0, 0, ENTER_SQ_WAKEUP);
    reap();

    // The thread is awake: no call from here to the end of the loop.
    for (int i = 0; i < READS; i++) {
        ring_rw(&r, OP_READ, file, buf, BLOCK, (uint64_t)i * BLOCK, (uint64_t)i + 1);
        ring_publish(&r);
        bytes += reap();
    }
    printf("%ld bytes in %d reads\n", bytes, READS);

    // It polled in vain for 10 ms: it has set NEED_WAKEUP and sleeps.
    usleep(50000);
    ring_rw(&r, OP_READ, file, buf, BLOCK, 0, 100);
    ring_publish(&r);
    printf("NEED_WAKEUP is %s\n", ring_needs_wakeup(&r) ? "set" : "not set");
    if (ring_needs_wakeup(&r)) ring_enter(&r, 0, 0, ENTER_SQ_WAKEUP);
    printf("after the wake-up: %d bytes\n", reap());
    return 0;
}
