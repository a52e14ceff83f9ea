// Every io_uring_register opcode with the struct it takes, on a descriptor that is not there; setup, enter and some that succeed.
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static long reg(int fd, unsigned op, const void *arg, unsigned n) {
    long ret = syscall(SYS_io_uring_register, fd, op, arg, n);
    printf("register %u: %s\n", op, ret < 0 ? strerror(errno) : "ok");
    return ret;
}

static int setup(unsigned entries, uint32_t *params) {
    int fd = (int)syscall(SYS_io_uring_setup, entries, params);
    printf("setup %u: %s\n", entries, fd < 0 ? strerror(errno) : "ok");
    return fd;
}

static void enter(int fd, unsigned flags, const void *arg, size_t size) {
    long ret = syscall(SYS_io_uring_enter, fd, 0, 0, flags, arg, size);
    printf("enter %x: %s\n", flags, ret < 0 ? strerror(errno) : "ok");
}

int main(void) {
    static char data[64];
    struct iovec iov[2] = { { data, 16 }, { data + 16, 32 } };
    int fds[4] = { 0, 1, -1, -2 };
    uint64_t tags[2] = { 0, 0x1234 };
    uint32_t update[4] = { 1, 0 };
    uint32_t rsrc[8] = { 2, 1 }, update2[8] = { 3, 0 };
    uint32_t restrictions[4][4] = { { 0x00080000, 0 }, { 0x00160001 }, { 0x00050002 }, { 0x00100003 } };
    uint32_t ringfds[2][4] = { { 0xffffffff, 0, 0, 0 }, { 3, 0, 1, 0 } };
    uint32_t buf_reg[10] = { 0x10000, 0, 8, 1 };
    uint32_t workers[2] = { 5, 6 }, empty[2] = { 0 };
    static uint32_t probe[4 + 2 * 256], probe_set[4 + 2 * 4] = { 0, 0, 0, 0, 1 };
    uint64_t affinity = 3;
    uint64_t p;

    // On a descriptor that is not there: only what they ask for is seen.
    reg(99, 0, iov, 2);
    reg(99, 0, NULL, 0);
    reg(99, 1, NULL, 0);
    reg(99, 2, fds, 3);
    reg(99, 3, NULL, 0);
    reg(99, 4, fds, 1);
    reg(99, 5, NULL, 0);
    p = (uint64_t)fds, memcpy(update + 2, &p, 8);
    reg(99, 6, update, 4);
    reg(99, 6, NULL, 4);
    reg(99, 7, fds + 1, 1);
    reg(99, 8, probe_set, 4);
    reg(99, 9, NULL, 0);
    reg(99, 10, NULL, 7);
    reg(99, 11, restrictions, 4);
    reg(99, 12, NULL, 0);
    p = (uint64_t)fds, memcpy(rsrc + 4, &p, 8);
    p = (uint64_t)tags, memcpy(rsrc + 6, &p, 8);
    reg(99, 13, rsrc, 32);
    reg(99, 13, rsrc, 16);
    p = (uint64_t)fds, memcpy(update2 + 2, &p, 8);
    p = (uint64_t)tags, memcpy(update2 + 4, &p, 8);
    update2[6] = 2;
    reg(99, 14, update2, 32);
    p = (uint64_t)iov, memcpy(rsrc + 4, &p, 8);
    reg(99, 15, rsrc, 32);
    p = (uint64_t)iov, memcpy(update2 + 2, &p, 8);
    reg(99, 16, update2, 32);
    reg(99, 17, &affinity, 8);
    reg(99, 18, NULL, 0);
    reg(99, 19, workers, 2);
    reg(99, 20, ringfds, 2);
    reg(99, 21, ringfds, 2);
    reg(99, 22, buf_reg, 1);
    reg(99, 23, buf_reg, 1);
    reg(99, 200, data, 1);

    reg(1, 9, NULL, 0);
    // Setups that are refused, and one that is not.
    uint32_t params[30] = { 0 };
    setup(0, params);
    setup(4, NULL);
    params[2] = 0x80000000;
    setup(4, params);
    params[2] = 2 | 1 << 3 | 1 << 5, params[3] = 1, params[4] = 100, params[6] = 9;
    setup(4, params);
    memset(params, 0, sizeof params);
    params[7] = 1;
    setup(4, params);
    params[7] = 0;
    int fd = setup(4, params);

    reg(fd, 8, probe, 256);
    reg(fd, 8, probe, 300);
    reg(fd, 19, workers, 2);
    reg(fd, 19, empty, 2);
    reg(fd, 9, NULL, 0);
    reg(fd, 10, NULL, 1);
    reg(fd, 4, fds + 2, 1);

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    enter(fd, 0, NULL, 0);
    enter(fd, 1, NULL, 8);
    enter(fd, 1, &set, 8);
    enter(fd, 3, &set, 4);
    enter(fd, 8, NULL, 24);
    enter(fd, 0x80000001, NULL, 0);
    enter(-1, 1, NULL, 0);
    close(fd);
    return 0;
}
