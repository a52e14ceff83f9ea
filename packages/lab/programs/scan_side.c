// Waits for one of 24 descriptors with select, then poll, then epoll; a child makes one of them ready each time.
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 24, READY = 17 };
static int fds[N];

static void take(const char *how, int n) {
    uint64_t value;
    read(fds[READY], &value, sizeof value);
    printf("%s: %d of %d ready\n", how, n, N);
}

int main(void) {
    struct pollfd polled[N];
    fd_set set;
    FD_ZERO(&set);
    for (int i = 0; i < N; i++) {
        fds[i] = eventfd(0, 0);
        polled[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
        FD_SET(fds[i], &set);
    }
    if (fork() == 0) {
        uint64_t one = 1;
        for (int i = 0; i < 3; i++) {
            usleep(1000);
            write(fds[READY], &one, sizeof one);
        }
        _exit(0);
    }
    take("select", select(fds[N - 1] + 1, &set, NULL, NULL, NULL));
    take("poll", poll(polled, N, -1));

    // The set lies in the kernel: made once, for any number of waits.
    int ep = epoll_create1(0);
    struct epoll_event got[N];
    for (int i = 0; i < N; i++) {
        struct epoll_event ev = { .events = EPOLLIN, .data.fd = fds[i] };
        epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &ev);
    }
    take("epoll", epoll_wait(ep, got, N, -1));
    wait(NULL);
    return 0;
}
