// io_uring by its three system calls alone: the structs of linux/io_uring.h, the rings where mmap puts them, no library.
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OP_NOP, OP_POLL_ADD = 6, OP_TIMEOUT = 11, OP_ASYNC_CANCEL = 14, OP_READ = 22, OP_WRITE = 23 };
enum { SQE_DRAIN = 1 << 1, SQE_LINK = 1 << 2, SQE_ASYNC = 1 << 4 };
enum { SETUP_SQPOLL = 1 << 1 };
enum { ENTER_GETEVENTS = 1, ENTER_SQ_WAKEUP = 2 };
enum { SQ_NEED_WAKEUP = 1, SQ_CQ_OVERFLOW = 2 };

struct sqe {
    uint8_t opcode, flags;
    uint16_t ioprio;
    int32_t fd;
    uint64_t off, addr;
    uint32_t len, op_flags;
    uint64_t user_data;
    uint16_t buf_index, personality;
    int32_t file_index;
    uint64_t addr3, pad;
};
struct cqe { uint64_t user_data; int32_t res; uint32_t flags; };
struct params {
    uint32_t sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features, wq_fd, resv[3];
    struct { uint32_t head, tail, mask, entries, flags, dropped, array, resv; uint64_t user_addr; } sq_off;
    struct { uint32_t head, tail, mask, entries, overflow, cqes, flags, resv; uint64_t user_addr; } cq_off;
};

// Both sides write here: who reads an index that the other one moves must not keep it in a register.
typedef volatile uint32_t shared;
struct ring {
    int fd;
    shared *sq_head, *sq_tail, *sq_mask, *sq_flags, *sq_dropped, *sq_array;
    shared *cq_head, *cq_tail, *cq_mask, *cq_overflow;
    struct sqe *sqes;
    struct cqe *cqes;
    struct params p;
    uint32_t filled;   // the tail that the kernel is not told of yet
};

static int ring_enter(struct ring *r, unsigned to_submit, unsigned min_complete, unsigned flags) {
    return (int)syscall(SYS_io_uring_enter, r->fd, to_submit, min_complete, flags, NULL, 0);
}

// Negative if the kernel has no such ring for us. idle: milliseconds until the kernel's thread sleeps.
static int ring_setup(struct ring *r, unsigned entries, unsigned flags, unsigned idle) {
    memset(r, 0, sizeof *r);
    r->p.flags = flags;
    r->p.sq_thread_idle = idle;
    r->fd = (int)syscall(SYS_io_uring_setup, entries, &r->p);
    if (r->fd < 0) return -1;
    size_t sq = r->p.sq_off.array + r->p.sq_entries * sizeof(uint32_t);
    size_t cq = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct cqe);
    // One mapping has both rings since 5.4; the entries to submit have their own.
    char *rings = mmap(NULL, sq > cq ? sq : cq, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, 0);
    r->sqes = mmap(NULL, r->p.sq_entries * sizeof(struct sqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, 0x10000000);
    if (rings == MAP_FAILED || r->sqes == MAP_FAILED) return -1;
    r->sq_head = (shared *)(rings + r->p.sq_off.head), r->sq_tail = (shared *)(rings + r->p.sq_off.tail);
    r->sq_mask = (shared *)(rings + r->p.sq_off.mask), r->sq_flags = (shared *)(rings + r->p.sq_off.flags);
    r->sq_dropped = (shared *)(rings + r->p.sq_off.dropped), r->sq_array = (shared *)(rings + r->p.sq_off.array);
    r->cq_head = (shared *)(rings + r->p.cq_off.head), r->cq_tail = (shared *)(rings + r->p.cq_off.tail);
    r->cq_mask = (shared *)(rings + r->p.cq_off.mask), r->cq_overflow = (shared *)(rings + r->p.cq_off.overflow);
    r->cqes = (struct cqe *)(rings + r->p.cq_off.cqes);
    r->filled = *r->sq_tail;
    return 0;
}

// A free entry, empty; NULL if all are taken. The kernel sees it when the tail has moved past it.
static struct sqe *ring_sqe(struct ring *r) {
    if (r->filled - *r->sq_head > *r->sq_mask) return NULL;
    uint32_t slot = r->filled++ & *r->sq_mask;
    r->sq_array[slot] = slot;
    return memset(&r->sqes[slot], 0, sizeof(struct sqe));
}

static struct sqe *ring_rw(struct ring *r, int opcode, int fd, const void *buf, unsigned len, uint64_t off, uint64_t user_data) {
    struct sqe *e = ring_sqe(r);
    if (e) e->opcode = (uint8_t)opcode, e->fd = fd, e->addr = (uint64_t)buf, e->len = len, e->off = off, e->user_data = user_data;
    return e;
}

// Tells the kernel of what was filled in: x86 keeps stores in order, so only the compiler must.
static unsigned ring_publish(struct ring *r) {
    unsigned n = r->filled - *r->sq_tail;
    __asm__ volatile("" ::: "memory");
    *r->sq_tail = r->filled;
    return n;
}

// After the tail moved: does the kernel's thread sleep? The store must be seen before the flag is looked at.
static int ring_needs_wakeup(struct ring *r) {
    __asm__ volatile("lock; addl $0,(%%rsp)" ::: "memory", "cc");
    return *r->sq_flags & SQ_NEED_WAKEUP;
}

// The oldest completion, NULL if there is none; ring_seen gives its slot back.
static struct cqe *ring_peek(struct ring *r) {
    return *r->cq_head == *r->cq_tail ? NULL : &r->cqes[*r->cq_head & *r->cq_mask];
}

static void ring_seen(struct ring *r) {
    __asm__ volatile("" ::: "memory");
    *r->cq_head = *r->cq_head + 1;
}
