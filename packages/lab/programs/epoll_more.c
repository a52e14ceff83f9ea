// Edge-triggered: 2 KB stay unread and no event comes; then one byte more arrives, and that is a new edge.
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    int pair[2];
    char data[3072], buf[1024];
    struct epoll_event got;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    int ep = epoll_create1(0);
    struct epoll_event ev = { .events = EPOLLIN | EPOLLET, .data.fd = pair[0] };
    epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &ev);

    memset(data, 'x', sizeof data);
    write(pair[1], data, sizeof data);
    printf("3 KB came:       epoll_wait = %d\n", epoll_wait(ep, &got, 1, 0));
    read(pair[0], buf, sizeof buf);
    printf("1 KB read:       epoll_wait = %d\n", epoll_wait(ep, &got, 1, 0));
    write(pair[1], data, 1);
    printf("1 byte more:     epoll_wait = %d\n", epoll_wait(ep, &got, 1, 0));
    return 0;
}
