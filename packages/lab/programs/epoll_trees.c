// Seven sockets in one epoll set, data for two of them, 1 KB read after each event: epoll_trees LT|ET
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS = 7, FIRST = 1, SECOND = 4 };

int main(int argc, char **argv) {
    unsigned mode = argc > 1 && !strcmp(argv[1], "ET") ? (unsigned)EPOLLET : 0;
    int ep = epoll_create1(0), near[SOCKETS], far[SOCKETS];
    char data[3072], buf[1024];
    for (int i = 0; i < SOCKETS; i++) {
        int pair[2];
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        near[i] = pair[0], far[i] = pair[1];
        struct epoll_event ev = { .events = EPOLLIN | mode, .data.fd = near[i] };
        epoll_ctl(ep, EPOLL_CTL_ADD, near[i], &ev);
    }
    memset(data, 'x', sizeof data);
    write(far[FIRST], data, 3072);
    write(far[SECOND], data, 1024);
    for (int round = 1; round <= 4; round++) {
        struct epoll_event got[4];
        int n = epoll_wait(ep, got, 4, 100);
        for (int i = 0; i < n; i++)
            read(got[i].data.fd, buf, sizeof buf);
    }
    return 0;
}
