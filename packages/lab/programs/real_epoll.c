// The real epoll: the same commands with socket pairs and the system calls themselves.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "commands.h"

// Descriptor FD is one end of a socket pair, FD + PEER the other; the epoll instance lies above all of them.
enum { MIN_FD = 3, MAX_FD = 63, PEER = 100, EPOLL_AT = 200 };
static int ep;

static void say(const char *what, long ret) {
    if (ret < 0) printf("  %s = -1, %s\n", what, strerror(errno));
    else printf("  %s = %ld\n", what, ret);
}

static int open_pair(int fd) {
    int pair[2];
    if (fcntl(fd, F_GETFD) >= 0) return 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0) return -1;
    // Above both ranges first, so that neither end stands in the other's place.
    int near = fcntl(pair[0], F_DUPFD, EPOLL_AT + 1), far = fcntl(pair[1], F_DUPFD, EPOLL_AT + 1);
    close(pair[0]);
    close(pair[1]);
    dup2(near, fd);
    dup2(far, fd + PEER);
    close(near);
    close(far);
    return 0;
}

static long events_of(const char *name) {
    if (!*name || !strcmp(name, "LT")) return EPOLLIN;
    if (!strcmp(name, "ET")) return (long)EPOLLIN | (long)EPOLLET;
    return strcmp(name, "ONESHOT") ? -1 : (long)EPOLLIN | (long)EPOLLONESHOT;
}

static void wait_events(void) {
    struct epoll_event got[64];
    int n = epoll_wait(ep, got, 64, 0);
    for (int i = 0; i < n; i++)
        printf("  fd %d%s%s\n", got[i].data.fd, got[i].events & EPOLLIN ? " EPOLLIN" : "", got[i].events & EPOLLHUP ? " EPOLLHUP" : "");
    say("epoll_wait", n);
}

static void help(void) {
    printf("add FD [LT|ET|ONESHOT] | mod FD [LT|ET|ONESHOT] | del FD     FD: %d to %d\n"
           "ready FD BYTES    data come for FD: written to its other end\n"
           "read FD BYTES     the program reads\n"
           "wait | show | help | quit\n", MIN_FD, MAX_FD);
}

static void command(char *line) {
    static char data[4096];
    char word[16] = "", third[16] = "";
    int fd = 0, n = sscanf(line, "%15s %d %15s", word, &fd, third);
    if (n <= 0) return;
    if (!strcmp(word, "help")) return help();
    if (!strcmp(word, "wait")) return wait_events();
    if (!strcmp(word, "show")) {
        printf("  tree and list lie in the kernel: see the drawing\n");
        return;
    }
    int add = !strcmp(word, "add"), mod = !strcmp(word, "mod"), ready = !strcmp(word, "ready"), reading = !strcmp(word, "read");
    if (!add && !mod && !ready && !reading && strcmp(word, "del")) {
        printf("? %s: not a command, try help\n", word);
        return;
    }
    if (n < 2 || fd < MIN_FD || fd > MAX_FD) {
        printf("? FD is a number from %d to %d\n", MIN_FD, MAX_FD);
        return;
    }
    if (open_pair(fd) < 0) {
        say("socketpair", -1);
        return;
    }
    if (ready || reading) {
        int bytes = atoi(third);
        if (bytes <= 0) printf("? %s FD BYTES\n", word);
        else if (ready) say("write", write(fd + PEER, data, bytes < (int)sizeof data ? (size_t)bytes : sizeof data));
        else say("read", read(fd, data, bytes < (int)sizeof data ? (size_t)bytes : sizeof data));
        return;
    }
    long events = events_of(third);
    if (events < 0) {
        printf("? LT, ET or ONESHOT\n");
        return;
    }
    struct epoll_event ev = { .events = (unsigned)events, .data.fd = fd };
    if (add) say("epoll_ctl(EPOLL_CTL_ADD)", epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
    else if (mod) say("epoll_ctl(EPOLL_CTL_MOD)", epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev));
    else say("epoll_ctl(EPOLL_CTL_DEL)", epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
}

int main(void) {
    char greeting[64];
    int made = epoll_create1(0);
    ep = fcntl(made, F_DUPFD, EPOLL_AT);
    close(made);
    snprintf(greeting, sizeof greeting, "The real epoll, on descriptor %d.", ep);
    return commands(greeting);
}
