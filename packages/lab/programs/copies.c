// Sends a file of 64 KB over TCP to a child in one of four ways: copies read_write|mmap_write|sendfile|splice
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 65536, PIECE = 16384 };
static char buf[PIECE];

static long send_by(const char *how, int file, int out) {
    long sent = 0, n = 0;
    if (!strcmp(how, "sendfile")) {
        while (sent < SIZE && (n = sendfile(out, file, NULL, SIZE - sent)) > 0)
            sent += n;
    } else if (!strcmp(how, "splice")) {
        int p[2];
        pipe(p);
        while (sent < SIZE && (n = splice(file, NULL, p[1], NULL, SIZE - sent, SPLICE_F_MOVE)) > 0)
            for (long m; n > 0 && (m = splice(p[0], NULL, out, NULL, n, SPLICE_F_MOVE)) > 0; n -= m)
                sent += m;
    } else if (!strcmp(how, "mmap_write")) {
        char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, file, 0);
        while (sent < SIZE && (n = write(out, map + sent, SIZE - sent)) > 0)
            sent += n;
    } else {
        while ((n = read(file, buf, PIECE)) > 0)
            sent += write(out, buf, n);
    }
    return sent;
}

int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "read_write";
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof at;
    int server = socket(AF_INET, SOCK_STREAM, 0), out = socket(AF_INET, SOCK_STREAM, 0);
    bind(server, (struct sockaddr *)&at, sizeof at);
    getsockname(server, (struct sockaddr *)&at, &length);
    listen(server, 1);
    int file = open("/payload", O_RDWR | O_CREAT | O_TRUNC, 0600);
    memset(buf, 'x', sizeof buf);
    for (int i = 0; i < SIZE / PIECE; i++)
        write(file, buf, PIECE);
    lseek(file, 0, SEEK_SET);
    if (fork() == 0) {
        close(out);
        int in = accept(server, NULL, NULL);
        while (read(in, buf, PIECE) > 0)
            ;
        _exit(0);
    }
    connect(out, (struct sockaddr *)&at, sizeof at);
    memset(buf, 0, sizeof buf); // its pages were shared with the child: now they are copied
    sched_yield(); // a mark: what follows is counted
    long sent = send_by(how, file, out);
    sched_yield(); // up to here
    printf("%s: %ld bytes sent\n", how, sent);
    close(out);
    wait(NULL);
    return 0;
}
