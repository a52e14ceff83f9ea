// Requests in flight, each waiting for something else: data in a pipe, a poll, a timer, a worker, the one before it in its chain.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include "uring.h"

static struct ring r;
static char near[64], late[3], block[512];

static void reap(const char *when) {
    struct cqe *c;
    printf("%s:\n", when);
    for (; (c = ring_peek(&r)); ring_seen(&r))
        printf("  user_data %llu, result %d\n", (unsigned long long)c->user_data, c->res);
}

int main(void) {
    int p[2], q[2];
    struct { long long sec, nsec; } timeout = { 0, 20000000 };
    pipe(p);
    pipe(q);
    int file = open("/tmp/payload", O_RDWR | O_CREAT | O_TRUNC, 0600);
    write(file, block, sizeof block);
    if (ring_setup(&r, 8, 0, 0) < 0) {
        perror("io_uring_setup");
        return 1;
    }
    ring_rw(&r, OP_READ, p[0], near, sizeof near, 0, 1);                       // armed: nothing is in the pipe
    ring_rw(&r, OP_POLL_ADD, q[0], NULL, 0, 0, 2)->op_flags = 1;               // POLLIN
    ring_rw(&r, OP_TIMEOUT, -1, &timeout, 1, 0, 3);                            // 20 ms
    ring_rw(&r, OP_READ, file, block, sizeof block, 0, 4)->flags = SQE_ASYNC;  // by a worker
    ring_rw(&r, OP_READ, q[0], late, 3, 0, 5)->flags = SQE_LINK;     // waits for data; the next waits for it
    ring_rw(&r, OP_NOP, -1, NULL, 0, 0, 6);
    ring_enter(&r, ring_publish(&r), 1, ENTER_GETEVENTS);
    reap("after the first completion");

    write(p[1], "one", 3);
    ring_enter(&r, 0, 1, ENTER_GETEVENTS);
    reap("data for the first pipe");

    ring_enter(&r, 0, 1, ENTER_GETEVENTS);
    reap("the time is over");

    write(q[1], "two", 3);
    ring_enter(&r, 0, 3, ENTER_GETEVENTS);
    reap("data for the second pipe");
    return 0;
}
