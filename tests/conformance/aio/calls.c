// The kernel's asynchronous I/O: contexts, reads and writes, fsync, poll, events, errors.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "../print.h"

static long setup(unsigned n, aio_context_t *c) { return syscall(SYS_io_setup, n, c); }
static long destroy(aio_context_t c) { return syscall(SYS_io_destroy, c); }
static long submit(aio_context_t c, long n, struct iocb **b) { return syscall(SYS_io_submit, c, n, b); }
static long cancel(aio_context_t c, struct iocb *b, struct io_event *e) { return syscall(SYS_io_cancel, c, b, e); }
static long events(aio_context_t c, long min, long n, struct io_event *e, struct timespec *t) { return syscall(SYS_io_getevents, c, min, n, e, t); }
struct ring { unsigned id, nr, head, tail, magic, compat, incompat, header; };

static aio_context_t ctx;
static struct timespec none;

static struct iocb make(int op, int fd, void *buf, uint64_t n, int64_t off, uint64_t data) {
    return (struct iocb){.aio_lio_opcode = op, .aio_fildes = fd, .aio_buf = (uint64_t)buf, .aio_nbytes = n, .aio_offset = off, .aio_data = data};
}
static long one(struct iocb *b) { return submit(ctx, 1, &b); }
static void reap(const char *what, struct iocb *first, long min, long n) {
    struct io_event e[16];
    long r = events(ctx, min, n, e, min == 0 ? &none : NULL);
    printf("%s: %ld", what, r);
    for (int i = 0; i < r; i++) printf(" [%llu %d %lld %lld]", e[i].data, (struct iocb *)e[i].obj == first + i, e[i].res, e[i].res2);
    printf("\n");
}
static void handler(int s) { (void)s; }

int main(void) {
    char buf[100] = "", text[] = "hello, world";
    aio_context_t bad = 1, big = 0;
    P("setup: no place", setup(1, NULL));
    P("setup: not zero", setup(1, &bad));
    P("setup: none", setup(0, &big));
    P("setup: too many", setup(65537, &big));
    P("setup: far too many", setup(-1, &big));
    P("setup", setup(4, &ctx));
    struct ring *r = (void *)ctx;
    printf("ring: enough %d head %u tail %u magic %x compat %u incompat %u header %u\n", r->nr >= 8, r->head, r->tail, r->magic, r->compat, r->incompat, r->header);

    int fd = open("f", O_RDWR | O_CREAT, 0600), ro = open("f", O_RDONLY), wo = open("f", O_WRONLY);
    struct iocb b[8], *list[8];
    for (int i = 0; i < 8; i++) list[i] = &b[i];
    b[0] = make(IOCB_CMD_PWRITE, fd, text, 12, 0, 10);
    b[1] = make(IOCB_CMD_PWRITE, fd, text, 5, 20, 11);
    b[2] = make(IOCB_CMD_PREAD, fd, buf, 100, 0, 12);
    P("submit three", submit(ctx, 3, list));
    printf("waiting %u, key %u\n", r->tail - r->head, b[0].aio_key);
    reap("events", b, 3, 16);
    printf("read: %.12s\n", buf);
    struct iovec v[2] = {{buf, 3}, {buf + 50, 4}};
    b[0] = make(IOCB_CMD_PREADV, fd, v, 2, 0, 1);
    b[1] = make(IOCB_CMD_PWRITEV, fd, v, 2, 40, 2);
    P("vectors", submit(ctx, 2, list));
    reap("events", b, 2, 16);
    printf("%.3s %.4s\n", buf, buf + 50);

    b[0] = make(IOCB_CMD_PREAD, -1, buf, 1, 0, 0);
    P("bad descriptor", one(b));
    b[0] = make(IOCB_CMD_PWRITE, ro, buf, 1, 0, 0);
    P("not for writing", one(b));
    b[0] = make(IOCB_CMD_PREAD, wo, buf, 1, 0, 0);
    P("not for reading", one(b));
    b[0] = make(99, fd, buf, 1, 0, 0);
    P("bad opcode", one(b));
    b[0] = make(IOCB_CMD_NOOP, fd, buf, 1, 0, 0);
    P("noop", one(b));
    b[0] = make(IOCB_CMD_PREAD, fd, buf, 1, 0, 0);
    b[0].aio_reserved2 = 1;
    P("reserved", one(b));
    b[0] = make(IOCB_CMD_PREAD, fd, buf, 1, 0, 0);
    b[0].aio_flags = IOCB_FLAG_RESFD;
    b[0].aio_resfd = fd;
    P("no eventfd", one(b));
    b[0].aio_resfd = -1;
    P("bad eventfd", one(b));
    b[0] = make(IOCB_CMD_PREAD, fd, buf, 1, -1, 0);
    P("negative offset", one(b));
    b[0] = make(IOCB_CMD_PREAD, fd, buf, -1, 0, 0);
    P("negative size", one(b));
    b[0] = make(IOCB_CMD_PREAD, fd, buf, 1, 0, 0);
    b[0].aio_rw_flags = 1 << 20;
    P("unknown flags", one(b));
    b[0] = make(IOCB_CMD_PREAD, fd, (void *)8, 10, 0, 3);
    P("bad buffer", one(b));
    reap("its event", b, 0, 16);
    P("no list", submit(ctx, 1, NULL));
    list[0] = NULL;
    P("no iocb", submit(ctx, 1, list));
    list[0] = &b[0];
    P("no context", submit(ctx + 4096 * 100, 1, list));
    P("negative", submit(ctx, -1, list));
    P("nothing", submit(ctx, 0, list));
    b[0] = make(IOCB_CMD_PREAD, fd, buf, 1, 0, 4);
    b[1] = make(99, fd, buf, 1, 0, 5);
    P("the second is bad", submit(ctx, 2, list));
    reap("the first is done", b, 1, 16);

    b[0] = make(IOCB_CMD_FSYNC, fd, NULL, 0, 0, 6);
    P("fsync", one(b));
    reap("event", b, 1, 16);
    b[0] = make(IOCB_CMD_FDSYNC, fd, NULL, 1, 0, 6);
    P("fdsync with a size", one(b));

    // Poll: at once, or when it comes; cancelled; the eventfd is told.
    int p[2], ev = eventfd(0, EFD_NONBLOCK);
    uint64_t n;
    pipe(p);
    b[0] = make(IOCB_CMD_POLL, p[1], (void *)(long)POLLOUT, 0, 0, 7);
    P("poll", one(b));
    reap("ready", b, 1, 16);
    b[0] = make(IOCB_CMD_POLL, p[0], (void *)(long)POLLIN, 0, 0, 8);
    b[0].aio_flags = IOCB_FLAG_RESFD;
    b[0].aio_resfd = ev;
    P("poll", one(b));
    reap("not yet", b, 0, 16);
    P("eventfd", read(ev, &n, 8));
    fflush(stdout);
    if (fork() == 0) {
        usleep(20000);
        write(p[1], "x", 1);
        _exit(0);
    }
    reap("when it comes", b, 1, 16);
    wait(NULL);
    P("eventfd", read(ev, &n, 8));
    printf("counted %llu\n", (unsigned long long)n);
    read(p[0], buf, 1);
    b[0] = make(IOCB_CMD_POLL, p[0], (void *)(long)POLLIN, 0, 0, 9);
    P("poll", one(b));
    struct io_event e;
    P("cancel: bad place", cancel(ctx, NULL, &e));
    b[0].aio_key = 1;
    P("cancel: bad key", cancel(ctx, b, &e));
    b[0].aio_key = 0;
    P("cancel", cancel(ctx, b, &e));
    reap("cancelled", b, 1, 16);
    P("cancel: not there", cancel(ctx, b, &e));
    b[0] = make(IOCB_CMD_POLL, p[0], (void *)0x10000, 0, 0, 9);
    P("poll: too many bits", one(b));
    b[0] = make(IOCB_CMD_POLL, p[0], (void *)1, 1, 0, 9);
    P("poll: a size", one(b));

    b[0] = make(IOCB_CMD_PREAD, p[0], buf, 4, 0, 19);
    b[0].aio_rw_flags = RWF_NOWAIT;
    P("a pipe that is not waited for", one(b));
    reap("event", b, 1, 16);

    // A pipe makes who submits wait, in the midst of a list.
    b[0] = make(IOCB_CMD_PREAD, fd, buf, 4, 0, 20);
    b[1] = make(IOCB_CMD_PREAD, p[0], buf + 10, 4, 0, 21);
    b[2] = make(IOCB_CMD_PREAD, fd, buf + 20, 4, 4, 22);
    fflush(stdout);
    if (fork() == 0) {
        usleep(20000);
        write(p[1], "pipe", 4);
        _exit(0);
    }
    P("three with a pipe", submit(ctx, 3, list));
    wait(NULL);
    reap("events", b, 3, 16);
    printf("%.4s %.4s\n", buf + 10, buf + 20);

    // The counter of an eventfd that is told too often stops at its end, which is an error.
    n = UINT64_MAX - 1;
    write(ev, &n, 8);
    b[0] = make(IOCB_CMD_PREAD, fd, buf, 4, 0, 23);
    b[0].aio_flags = IOCB_FLAG_RESFD;
    b[0].aio_resfd = ev;
    for (int i = 0; i < 2; i++) {
        one(b);
        reap("told", b, 1, 16);
        struct pollfd pf = {ev, POLLIN | POLLOUT, 0};
        poll(&pf, 1, 0);
        printf("polled %x\n", pf.revents);
    }
    P("eventfd", read(ev, &n, 8));
    printf("counted %llx\n", (unsigned long long)n);

    // Waiting.
    P("min > n", events(ctx, 2, 1, &e, &none));
    P("negative", events(ctx, -1, 1, &e, &none));
    struct timespec t = {0, 5000000};
    P("time-out", events(ctx, 1, 1, &e, &t));
    P("bad time", events(ctx, 1, 1, &e, (void *)8));
    P("bad context", events(ctx + 4096 * 100, 1, 1, &e, &none));
    signal(SIGALRM, handler);
    siginterrupt(SIGALRM, 1);
    struct sigevent se = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    timer_t timer;
    timer_create(CLOCK_MONOTONIC, &se, &timer);
    struct itimerspec it = {.it_value = {0, 20000000}};
    timer_settime(timer, 0, &it, NULL);
    P("interrupted", events(ctx, 1, 1, &e, NULL));
    b[0] = make(IOCB_CMD_PREAD, fd, buf, 1, 0, 4);
    one(b);
    P("bad place for events", events(ctx, 1, 1, (void *)8, &none));
    reap("still there", b, 0, 16);
    sigset_t set;
    sigemptyset(&set);
    struct { sigset_t *s; size_t n; } sig = {&set, 8}, wrong = {&set, 7}, wild = {(void *)8, 8};
    P("pgetevents", syscall(SYS_io_pgetevents, ctx, 0, 1, &e, &none, &sig));
    P("pgetevents: size", syscall(SYS_io_pgetevents, ctx, 0, 1, &e, &none, &wrong));
    P("pgetevents: wild", syscall(SYS_io_pgetevents, ctx, 0, 1, &e, &none, &wild));
    P("pgetevents: no mask", syscall(SYS_io_pgetevents, ctx, 0, 1, &e, &none, NULL));

    // A child has no contexts; what is under way ends with the context.
    fflush(stdout);
    if (fork() == 0) {
        P("child", events(ctx, 0, 1, &e, &none));
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    b[0] = make(IOCB_CMD_POLL, p[0], (void *)(long)POLLIN, 0, 0, 9);
    one(b);
    P("destroy", destroy(ctx));
    P("again", destroy(ctx));
    P("its memory", madvise((void *)ctx, 4096, MADV_NORMAL));
    P("events", events(ctx, 0, 1, &e, &none));
    return 0;
}
