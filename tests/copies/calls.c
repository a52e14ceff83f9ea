// One call of each kind that copies in a way of its own. The test looks at them by name and turn.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pty.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <termios.h>
#include <unistd.h>

static char page[4 * 4096] __attribute__((aligned(4096)));

int main(void) {
    char small[16];
    int p[2], q[2];
    memset(page, 'x', sizeof page);
    int file = open("/file", O_RDWR | O_CREAT, 0600), other = open("/other", O_RDWR | O_CREAT, 0600);
    write(file, page, 10000);
    pipe(p);
    pipe(q);

    // A hole is zeroed, not copied.
    ftruncate(other, 8192);
    pread(other, page, 8192, 0);
    // A copy from file to file, within the kernel.
    loff_t from = 0, to = 0;
    copy_file_range(file, &from, other, &to, 10000, 0);
    off_t at = 0;
    sendfile(other, file, &at, 5000);
    // By reference: pipe, tee, splice from pipe to pipe; out of the pipe into a file it is copied.
    at = 0;
    sendfile(p[1], file, &at, 3000);
    tee(p[0], q[1], 3000, 0);
    splice(q[0], NULL, other, NULL, 3000, 0);
    struct iovec v = { page, 4096 };
    vmsplice(q[1], &v, 1, 0);

    // A datagram: once into the packet, once out of it.
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof a;
    int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
    bind(in, (struct sockaddr *)&a, sizeof a);
    getsockname(in, (struct sockaddr *)&a, &length);
    connect(out, (struct sockaddr *)&a, sizeof a);
    send(out, page, 1000, 0);
    recv(in, page, 2000, 0);
    // The same in two parts, which are put together.
    send(out, page, 300, MSG_MORE);
    send(out, page, 200, 0);
    recv(in, page, 2000, 0);

    // A terminal: into its buffer, and from there to the line discipline.
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    struct termios raw;
    grantpt(master);
    unlockpt(master);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    sched_yield();
    write(master, "hello", 5);
    read(slave, small, 5);

    // Another process's memory, by way of a buffer of the kernel's.
    static char here[3000];
    memset(here, 0, sizeof here);
    int pid = fork();
    if (pid == 0) {
        // Pages that are shared since the fork are copied before they are read into.
        sched_yield();
        pread(file, page, 8192, 0);
        // Fresh memory is zeroed; its page tables are there already.
        char *fresh = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        fresh[8192] = 1;
        pread(file, fresh, 8192, 0);
        _exit(0);
    }
    memset(here, 0, sizeof here);
    struct iovec local = { here, 3000 }, remote = { page + 4096 + 100, 3000 };
    process_vm_readv(pid, &local, 1, &remote, 1, 0);
    wait(NULL);

    // The host's side.
    read(0, small, 6);
    write(1, "abc\n", 4);
    return 0;
}
