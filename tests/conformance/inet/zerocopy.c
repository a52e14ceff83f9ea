// MSG_ZEROCOPY over the loopback device: each send is told of on the error queue, as one that was copied.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../print.h"

static void note(const char *what, int s, int wait) {
    char control[200];
    struct sockaddr_in name;
    struct msghdr m = {.msg_control = control, .msg_controllen = sizeof control, .msg_name = &name, .msg_namelen = sizeof name};
    if (wait) {
        struct pollfd p = {s, POLLIN, 0};
        poll(&p, 1, 5000);
        printf("%s: polled %x\n", what, p.revents & POLLERR);
    }
    long r = recvmsg(s, &m, MSG_ERRQUEUE | MSG_DONTWAIT);
    printf("%s: %ld %s flags %x name %d\n", what, r, r < 0 ? strerrorname_np(errno) : "", m.msg_flags, r < 0 ? 0 : m.msg_namelen);
    for (struct cmsghdr *h = r < 0 ? NULL : CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
        struct sock_extended_err *e = (void *)CMSG_DATA(h);
        printf("  level %d type %d length %zu errno %u origin %d type %d code %d from %u to %u\n", h->cmsg_level, h->cmsg_type, (size_t)h->cmsg_len,
               e->ee_errno, e->ee_origin, e->ee_type, e->ee_code, e->ee_info, e->ee_data);
    }
}

static char b[60000];
int main(void) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof a;
    int one = 1, two = 2, server = socket(AF_INET, SOCK_STREAM, 0), out = socket(AF_INET, SOCK_STREAM, 0);
    bind(server, (void *)&a, sizeof a);
    getsockname(server, (void *)&a, &length);
    listen(server, 1);
    connect(out, (void *)&a, sizeof a);
    int in = accept(server, NULL, NULL);
    P("not switched on", send(out, b, 10000, MSG_ZEROCOPY));
    note("nothing is told", out, 0);
    P("set", setsockopt(out, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof one));
    P("set wrong", setsockopt(out, SOL_SOCKET, SO_ZEROCOPY, &two, sizeof two));
    P("send", send(out, b, 10000, MSG_ZEROCOPY));
    note("told", out, 1);
    note("once", out, 0);
    P("plain", send(out, b, 10, 0));
    note("nothing is told", out, 0);
    P("received", recv(in, b, 20010, MSG_WAITALL));
    P("no error", getsockopt(out, SOL_SOCKET, SO_ERROR, &two, &length));
    printf("error %d\n", two);
    close(in);
    close(server);

    int from = socket(AF_INET, SOCK_DGRAM, 0), to = socket(AF_INET, SOCK_DGRAM, 0);
    a.sin_port = 0;
    length = sizeof a;
    bind(to, (void *)&a, sizeof a);
    getsockname(to, (void *)&a, &length);
    connect(from, (void *)&a, sizeof a);
    P("set", setsockopt(from, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof one));
    for (int i = 0; i < 3; i++) P("send", send(from, b, 1000, MSG_ZEROCOPY));
    note("told of three together", from, 1);
    P("send", send(from, b, 1000, MSG_ZEROCOPY));
    note("told of the fourth", from, 1);
    for (int i = 0; i < 4; i++) P("received", recv(to, b, sizeof b, 0));
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    P("set on a Unix socket", setsockopt(pair[0], SOL_SOCKET, SO_ZEROCOPY, &one, sizeof one));
    return 0;
}
