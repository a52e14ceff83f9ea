// sendfile and splice to a Unix stream socket: pages go by reference, so what is written to the file later is what arrives.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static char buf[200000];
static volatile int pipes;
static void onpipe(int sig) { (void)sig; pipes++; }

static int file_of(char c, int size) {
    int fd = memfd_create("file", 0);
    memset(buf, c, size);
    write(fd, buf, size);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void received(const char *what, int fd, int flags) {
    memset(buf, '?', sizeof buf);
    long n = recv(fd, buf, sizeof buf, flags | MSG_DONTWAIT);
    printf("%s: %ld %c %c\n", what, n, n > 0 ? buf[0] : '-', n > 0 ? buf[n - 1] : '-');
}

int main(void) {
    int s[2], p[2];
    signal(SIGPIPE, onpipe);
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    int fd = file_of('a', 10000);
    printf("sendfile: %zd\n", sendfile(s[0], fd, NULL, 10000));
    received("peek", s[1], MSG_PEEK);
    memset(buf, 'b', 10000);
    pwrite(fd, buf, 10000, 0);
    received("after the file was changed", s[1], 0);
    received("empty", s[1], 0);

    pipe(p);
    off_t at = 100;
    printf("into the pipe: %zd\n", splice(fd, &at, p[1], NULL, 5000, 0));
    printf("out of it: %zd\n", splice(p[0], NULL, s[0], NULL, 5000, 0));
    ftruncate(fd, 200);
    received("after the file was cut", s[1], 0);

    // Bytes by reference and by copy in one stream, read in odd pieces.
    pwrite(fd, "0123456789", 10, 0);
    at = 0;
    write(s[0], "<<", 2);
    sendfile(s[0], fd, &at, 10);
    write(s[0], ">>", 2);
    for (int i = 0; i < 3; i++) {
        memset(buf, 0, 8);
        long n = recv(s[1], buf, 5, 0);
        printf("piece: %ld %.5s\n", n, buf);
    }

    // A full buffer: a part, then nothing.
    int big = file_of('c', 200000), flags = fcntl(s[0], F_GETFL);
    ftruncate(big, 4 << 20);
    fcntl(s[0], F_SETFL, flags | O_NONBLOCK);
    long all = 0, n;
    while ((n = sendfile(s[0], big, NULL, 4 << 20)) > 0) all += n;
    printf("full: %d, %s\n", all > 0 && all < 4 << 20, strerror(errno));
    long got = 0;
    while ((n = recv(s[1], buf, sizeof buf, MSG_DONTWAIT)) > 0) got += n;
    printf("all came: %d\n", got == all);

    close(s[1]);
    lseek(fd, 0, SEEK_SET);
    printf("to nobody: %zd", sendfile(s[0], fd, NULL, 10));
    printf(" %s, signals %d\n", strerror(errno), pipes);
    lseek(fd, 0, SEEK_SET);
    printf("to nobody: %zd", sendfile(s[0], fd, NULL, 10));
    printf(" %s, signals %d\n", strerror(errno), pipes);
    shutdown(s[0], SHUT_WR);
    lseek(fd, 0, SEEK_SET);
    printf("shut down: %zd", sendfile(s[0], fd, NULL, 10));
    printf(" %s\n", strerror(errno));
    int lone = socket(AF_UNIX, SOCK_STREAM, 0);
    lseek(fd, 0, SEEK_SET);
    printf("unconnected: %zd", sendfile(lone, fd, NULL, 10));
    printf(" %s\n", strerror(errno));
    return 0;
}
