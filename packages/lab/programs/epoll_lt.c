// Level-triggered epoll: 3 KB arrive, 1 KB is read, epoll_wait reports the rest again.
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    int pair[2];
    char data[3072], buf[1024];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    int ep = epoll_create1(0);
    struct epoll_event ev = { .events = EPOLLIN, .data.fd = pair[0] };
    epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &ev);

    memset(data, 'x', sizeof data);
    write(pair[1], data, sizeof data);
    for (int round = 1; round <= 4; round++) {
        struct epoll_event got;
        int n = epoll_wait(ep, &got, 1, 100);
        printf("epoll_wait %d: %d ready\n", round, n);
        if (n == 1)
            printf("  read %zd bytes\n", read(got.data.fd, buf, sizeof buf));
    }
    return 0;
}
