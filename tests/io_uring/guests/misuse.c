// Misuses of io_uring: misuse overflow|dropped|no-enter|unreaped|not-woken|right
#include <fcntl.h>
#include <stdio.h>
#include "../../../packages/lab/programs/uring.h"

static struct ring r;

static void nops(int n) {
    for (int i = 0; i < n; i++) ring_rw(&r, OP_NOP, -1, NULL, 0, 0, 100 + i);
}

static int reap(void) {
    int n = 0;
    for (; ring_peek(&r); n++) ring_seen(&r);
    return n;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "right";
    int sqpoll = !strcmp(what, "not-woken");
    if (ring_setup(&r, 4, sqpoll ? SETUP_SQPOLL : 0, 1) < 0) {
        perror("io_uring_setup");
        return 1;
    }
    if (!strcmp(what, "overflow")) {
        for (int i = 0; i < 3; i++) {
            nops(4);
            ring_enter(&r, ring_publish(&r), 0, ENTER_GETEVENTS);
        }
        int n = reap();
        ring_enter(&r, 0, 0, ENTER_GETEVENTS);
        printf("%d and %d\n", n, reap());
    } else if (!strcmp(what, "dropped")) {
        nops(2);
        r.sq_array[0] = 77;
        printf("enter = %d\n", ring_enter(&r, ring_publish(&r), 0, ENTER_GETEVENTS));
        printf("%d, dropped %u\n", reap(), *r.sq_dropped);
    } else if (!strcmp(what, "no-enter")) {
        nops(3);
        printf("published %u, completions %d\n", ring_publish(&r), reap());
    } else if (!strcmp(what, "unreaped")) {
        nops(2);
        printf("enter = %d\n", ring_enter(&r, ring_publish(&r), 0, ENTER_GETEVENTS));
    } else if (sqpoll) {
        usleep(100000);
        nops(2);
        ring_publish(&r);
        usleep(200000);
        printf("completions %d, asleep %d\n", reap(), ring_needs_wakeup(&r));
    } else {
        nops(2);
        ring_enter(&r, ring_publish(&r), 2, ENTER_GETEVENTS);
        printf("%d\n", reap());
    }
    return 0;
}
