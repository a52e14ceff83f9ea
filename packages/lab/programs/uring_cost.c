// Reads 64 blocks of a file, and counts nothing itself: uring_cost read|one|batch|sqpoll
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include "uring.h"

enum { BLOCK = 512, BLOCKS = 64, BATCH = 16 };
static char buf[BATCH][BLOCK];
static struct ring r;

// Hands n reads in, from block `from` on, and takes their completions.
static long batch(int file, int from, int n, int sqpoll) {
    long bytes = 0;
    for (int i = 0; i < n; i++)
        ring_rw(&r, OP_READ, file, buf[i], BLOCK, (uint64_t)(from + i) * BLOCK, (uint64_t)(from + i));
    ring_publish(&r);
    if (!sqpoll) ring_enter(&r, (unsigned)n, (unsigned)n, ENTER_GETEVENTS);
    else if (ring_needs_wakeup(&r)) ring_enter(&r, 0, 0, ENTER_SQ_WAKEUP);
    for (int done = 0; done < n;) {
        struct cqe *c = ring_peek(&r);
        if (!c) continue;
        bytes += c->res;
        ring_seen(&r);
        done++;
    }
    return bytes;
}

int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "batch";
    int sqpoll = !strcmp(how, "sqpoll"), size = !strcmp(how, "one") ? 1 : BATCH;
    long bytes = 0;
    int file = open("/tmp/payload", O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < BLOCKS; i++)
        write(file, buf[0], BLOCK);
    if (ring_setup(&r, BATCH, sqpoll ? SETUP_SQPOLL : 0, 1000) < 0) {
        perror("io_uring_setup");
        return 1;
    }
    // What is counted lies between two calls of sched_yield.
    sched_yield();
    if (!strcmp(how, "read"))
        for (int i = 0; i < BLOCKS; i++) bytes += pread(file, buf[0], BLOCK, (off_t)i * BLOCK);
    else
        for (int i = 0; i < BLOCKS; i += size) bytes += batch(file, i, size, sqpoll);
    sched_yield();
    printf("%s: %ld bytes\n", how, bytes);
    return 0;
}
