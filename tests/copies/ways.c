// Sends 64 KB of a file in one of four ways over a pipe, a Unix socket or TCP: ways read|mmap|sendfile|splice pipe|unix|tcp
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

static void channel(const char *kind, int ends[2]) {
    if (!strcmp(kind, "pipe")) {
        pipe(ends);
    } else if (!strcmp(kind, "unix")) {
        socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    } else {
        struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t length = sizeof at;
        int server = socket(AF_INET, SOCK_STREAM, 0);
        ends[1] = socket(AF_INET, SOCK_STREAM, 0);
        bind(server, (struct sockaddr *)&at, sizeof at);
        getsockname(server, (struct sockaddr *)&at, &length);
        listen(server, 1);
        connect(ends[1], (struct sockaddr *)&at, sizeof at);
        ends[0] = accept(server, NULL, NULL);
        close(server);
    }
}

int main(int argc, char **argv) {
    const char *way = argv[1];
    int ends[2], between[2];
    if (argc < 3) return 2;
    channel(argv[2], ends);
    int pipe_out = !strcmp(argv[2], "pipe");
    int file = open("/payload", O_RDWR | O_CREAT | O_TRUNC, 0600);
    memset(buf, 'x', sizeof buf);
    for (int i = 0; i < SIZE / PIECE; i++) write(file, buf, PIECE);
    lseek(file, 0, SEEK_SET);
    if (fork() == 0) {
        close(ends[1]);
        memset(buf, 0, sizeof buf);
        sched_yield();
        while (read(ends[0], buf, PIECE) > 0)
            ;
        sched_yield();
        _exit(0);
    }
    // The buffer's pages were shared with the child: they are copied now, not when it is counted.
    memset(buf, 0, sizeof buf);
    pipe(between);
    // With its page tables, which would be zeroed during the first write else.
    char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    long sent = 0, n;
    sched_yield(); // from here
    if (!strcmp(way, "read")) {
        while ((n = read(file, buf, PIECE)) > 0) sent += write(ends[1], buf, n);
    } else if (!strcmp(way, "mmap")) {
        while (sent < SIZE && (n = write(ends[1], map + sent, SIZE - sent)) > 0) sent += n;
    } else if (!strcmp(way, "sendfile")) {
        while (sent < SIZE && (n = sendfile(ends[1], file, NULL, SIZE - sent)) > 0) sent += n;
    } else if (pipe_out) {
        while (sent < SIZE && (n = splice(file, NULL, ends[1], NULL, SIZE - sent, 0)) > 0) sent += n;
    } else {
        while (sent < SIZE && (n = splice(file, NULL, between[1], NULL, SIZE - sent, 0)) > 0)
            for (long m; n > 0 && (m = splice(between[0], NULL, ends[1], NULL, n, 0)) > 0; n -= m) sent += m;
    }
    sched_yield(); // to here
    printf("%ld\n", sent);
    close(ends[1]);
    wait(NULL);
    return 0;
}
