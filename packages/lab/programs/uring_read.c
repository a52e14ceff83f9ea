// io_uring in six steps: one READ of 4096 bytes with user_data 42, by io_uring_enter or by the kernel's thread: uring_read enter|sqpoll
#include <fcntl.h>
#include <stdio.h>
#include "uring.h"

static char buf[4096];

int main(int argc, char **argv) {
    int sqpoll = argc > 1 && !strcmp(argv[1], "sqpoll");
    struct ring r;
    int file = open("/tmp/payload", O_RDWR | O_CREAT | O_TRUNC, 0600);
    memset(buf, 'x', sizeof buf);
    write(file, buf, sizeof buf);
    if (ring_setup(&r, 4, sqpoll ? SETUP_SQPOLL : 0, 1000) < 0) {
        perror("io_uring_setup");
        return 1;
    }

    // 1. The application fills an entry. The kernel does not look at it yet.
    struct sqe *e = ring_rw(&r, OP_READ, file, buf, sizeof buf, 0, 42);
    e->flags = SQE_ASYNC;   // "do not try it at once": as a disk would have it, it completes later

    // 2. It moves the tail of the submission ring: a store to shared memory, no call.
    ring_publish(&r);

    // 3. to 5. The kernel takes the entry, a worker reads, a completion is posted and the tail of its ring moves.
    if (!sqpoll)
        ring_enter(&r, 1, 1, ENTER_GETEVENTS);
    else if (ring_needs_wakeup(&r))
        ring_enter(&r, 0, 0, ENTER_SQ_WAKEUP);
    while (!ring_peek(&r))
        ;

    // 6. The application sees that head and tail differ, reads the completion, and moves the head.
    struct cqe *c = ring_peek(&r);
    uint64_t user_data = c->user_data;
    int res = c->res;
    ring_seen(&r);
    printf("user_data %llu: %d bytes\n", (unsigned long long)user_data, res);
    return 0;
}
