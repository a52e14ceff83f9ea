// The real io_uring: the same commands, and the kernel's own rings by its three system calls.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include "uring_demo.h"

enum { IDLE = 60, MOMENT = 2000 };   // ms that the kernel's thread polls in vain before it sleeps; µs that it is given
static int feeder;

static int kernel_setup(void) {
    if (ring.fd > 0) close(ring.fd);
    return ring_setup(&ring, SQ_SIZE, sqpoll ? SETUP_SQPOLL : 0, IDLE) < 0 ? -errno : 0;
}

static int kernel_enter(unsigned to_submit, unsigned flags) {
    int ret = ring_enter(&ring, to_submit, 0, flags);
    return ret < 0 ? -errno : ret;
}

static int kernel_feed(int bytes) {
    return (int)write(feeder, buffer, (size_t)bytes);
}

static void kernel_settle(void) {
    if (!sqpoll) return;
    while (*ring.sq_head != *ring.sq_tail && !(*ring.sq_flags & SQ_NEED_WAKEUP)) sched_yield();
    // What data have made ready is the thread's to do as well.
    usleep(MOMENT);
}

static void kernel_idle(void) {
    while (!(*ring.sq_flags & SQ_NEED_WAKEUP)) usleep(MOMENT);
}

int main(void) {
    char greeting[64];
    int ends[2];
    file_fd = open("/tmp/payload", O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int left = FILE_SIZE; left > 0; left -= MOST) write(file_fd, buffer, (size_t)(left < MOST ? left : MOST));
    pipe(ends);
    pipe_fd = ends[0], feeder = ends[1];
    if (kernel_setup() < 0) {
        perror("io_uring_setup");
        return 1;
    }
    snprintf(greeting, sizeof greeting, "The real io_uring, on descriptor %d.", ring.fd);
    return commands(greeting);
}
