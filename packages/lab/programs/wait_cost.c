// Waits ROUNDS times on N descriptors, one of them ready, with select, poll or epoll: wait_cost METHOD N ROUNDS
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <unistd.h>

int main(int argc, char **argv) {
    const char *method = argc > 1 ? argv[1] : "epoll";
    int n = argc > 2 ? atoi(argv[2]) : 64, rounds = argc > 3 ? atoi(argv[3]) : 20, last = -1, ready = 0;
    int ep = epoll_create1(0);
    struct pollfd *polled = calloc((size_t)n + 1, sizeof *polled);
    fd_set all;
    FD_ZERO(&all);
    for (int i = 0; i < n; i++) {
        int fd = eventfd(i == n / 2, 0);
        if (fd < 0 || fd >= FD_SETSIZE) {
            printf("only %d descriptors\n", i);
            return 1;
        }
        struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };
        epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
        polled[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
        FD_SET(fd, &all);
        last = fd;
    }
    for (int r = 0; r < rounds; r++) {
        struct epoll_event got[8];
        fd_set set = all;
        struct timeval now = { 0, 0 };
        if (!strcmp(method, "select")) ready += select(last + 1, &set, NULL, NULL, &now);
        else if (!strcmp(method, "poll")) ready += poll(polled, (nfds_t)n, 0);
        else ready += epoll_wait(ep, got, 8, 0);
    }
    printf("%s: %d descriptors, %d of %d waits found the one\n", method, n, ready, rounds);
    return 0;
}
