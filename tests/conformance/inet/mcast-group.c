// MCAST_JOIN_GROUP and MCAST_LEAVE_GROUP: groups by the number of the device, for both families.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int group(int s, int level, int what, const char *text, unsigned dev, int length) {
    struct group_req g = { .gr_interface = dev };
    struct sockaddr_in *a = (void *)&g.gr_group;
    struct sockaddr_in6 *b = (void *)&g.gr_group;
    if (strchr(text, ':')) {
        b->sin6_family = AF_INET6;
        inet_pton(AF_INET6, text, &b->sin6_addr);
    } else {
        a->sin_family = AF_INET;
        inet_pton(AF_INET, text, &a->sin_addr);
    }
    return setsockopt(s, level, what, &g, length < 0 ? (int)sizeof g : length);
}
static void say(const char *what, int r) { printf("%s: %d %s\n", what, r, r < 0 ? strerrorname_np(errno) : ""); }

int main(void) {
    unsigned lo = if_nametoindex("lo");
    for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
        int s = socket(AF_INET, type, 0);
        printf("type %d\n", type);
        say("join", group(s, SOL_IP, MCAST_JOIN_GROUP, "224.1.2.3", lo, -1));
        say("again", group(s, SOL_IP, MCAST_JOIN_GROUP, "224.1.2.3", lo, -1));
        say("no such device", group(s, SOL_IP, MCAST_JOIN_GROUP, "224.1.2.4", 12345, -1));
        say("no group", group(s, SOL_IP, MCAST_JOIN_GROUP, "127.0.0.1", lo, -1));
        say("other family", group(s, SOL_IP, MCAST_JOIN_GROUP, "ff02::5", lo, -1));
        say("too short", group(s, SOL_IP, MCAST_JOIN_GROUP, "224.1.2.5", lo, 135));
        say("bad address", setsockopt(s, SOL_IP, MCAST_JOIN_GROUP, (void *)8, sizeof(struct group_req)));
        say("leave another", group(s, SOL_IP, MCAST_LEAVE_GROUP, "224.1.2.9", lo, -1));
        say("leave", group(s, SOL_IP, MCAST_LEAVE_GROUP, "224.1.2.3", lo, -1));
        say("leave again", group(s, SOL_IP, MCAST_LEAVE_GROUP, "224.1.2.3", lo, -1));
        close(s);
        s = socket(AF_INET6, type, 0);
        say("v6 join", group(s, SOL_IPV6, MCAST_JOIN_GROUP, "ff02::77", lo, -1));
        say("v6 again", group(s, SOL_IPV6, MCAST_JOIN_GROUP, "ff02::77", lo, -1));
        say("v6 no such device", group(s, SOL_IPV6, MCAST_JOIN_GROUP, "ff02::78", 12345, -1));
        say("v6 no group", group(s, SOL_IPV6, MCAST_JOIN_GROUP, "::1", lo, -1));
        say("v6 other family", group(s, SOL_IPV6, MCAST_JOIN_GROUP, "224.1.2.3", lo, -1));
        say("v6 too short", group(s, SOL_IPV6, MCAST_JOIN_GROUP, "ff02::79", lo, 20));
        say("v6 leave another", group(s, SOL_IPV6, MCAST_LEAVE_GROUP, "ff02::70", lo, -1));
        say("v6 leave", group(s, SOL_IPV6, MCAST_LEAVE_GROUP, "ff02::77", lo, -1));
        say("v6 leave again", group(s, SOL_IPV6, MCAST_LEAVE_GROUP, "ff02::77", lo, -1));
        close(s);
    }
    // What comes to the group arrives; an accepted connection has no groups.
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(0) };
    socklen_t length = sizeof a;
    int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
    bind(in, (void *)&a, sizeof a);
    getsockname(in, (void *)&a, &length);
    group(in, SOL_IP, MCAST_JOIN_GROUP, "224.1.2.3", lo, -1);
    struct ip_mreqn m = { .imr_ifindex = lo };
    setsockopt(out, SOL_IP, IP_MULTICAST_IF, &m, sizeof m);
    inet_pton(AF_INET, "224.1.2.3", &a.sin_addr);
    say("send", sendto(out, "hello", 5, 0, (void *)&a, sizeof a));
    char b[10];
    say("receive", recv(in, b, sizeof b, 0));
    int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in t = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    bind(server, (void *)&t, sizeof t);
    getsockname(server, (void *)&t, &length);
    say("listener joins", group(server, SOL_IP, MCAST_JOIN_GROUP, "224.1.2.3", lo, -1));
    listen(server, 1);
    connect(client, (void *)&t, sizeof t);
    int accepted = accept(server, NULL, NULL);
    say("accepted leaves", group(accepted, SOL_IP, MCAST_LEAVE_GROUP, "224.1.2.3", lo, -1));
    say("listener leaves", group(server, SOL_IP, MCAST_LEAVE_GROUP, "224.1.2.3", lo, -1));
    return 0;
}
