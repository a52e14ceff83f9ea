// Model of io_uring: two rings in memory, a kernel that takes entries and posts completions, a thread that polls; commands on stdin, see help.
#include <errno.h>
#include "uring_demo.h"

// The memory that both sides share.
static uint32_t sq_head, sq_tail, sq_mask = SQ_SIZE - 1, sq_flags, sq_dropped, sq_array[SQ_SIZE];
static uint32_t cq_head, cq_tail, cq_mask = CQ_SIZE - 1, cq_overflow;
static struct sqe sqes[SQ_SIZE];
static struct cqe cqes[CQ_SIZE];

// What only the kernel has: requests that are not complete, and completions that found no room.
struct request { struct sqe sqe; struct request *next, *chain; int cancelled; };
static struct request *waiting, *todo;       // on the pipe's wait queue; handed to task work
static struct { struct cqe cqe[64]; int count; } backlog;
static int in_pipe;                          // bytes

// A wait queue takes in at its head: who came last is told first.
static void wait_for_data(struct request *r) {
    r->next = waiting;
    waiting = r;
}

static void append(struct request **list, struct request *r) {
    r->next = NULL;
    while (*list) list = &(*list)->next;
    *list = r;
}

// io_fill_cqe: into the slot at the tail. When the ring was full once, all goes behind what waits for room.
static void post(uint64_t user_data, int res) {
    struct cqe c = { .user_data = user_data, .res = res };
    if (backlog.count == 0 && cq_tail - cq_head < CQ_SIZE) {
        cqes[cq_tail++ & cq_mask] = c;
    } else if (backlog.count < 64) {
        backlog.cqe[backlog.count++] = c;
        sq_flags |= SQ_CQ_OVERFLOW;
    } else {
        cq_overflow++;
    }
}

static void flush_backlog(void) {
    int n = 0;
    while (n < backlog.count && cq_tail - cq_head < CQ_SIZE) cqes[cq_tail++ & cq_mask] = backlog.cqe[n++];
    backlog.count -= n;
    memmove(backlog.cqe, backlog.cqe + n, (size_t)backlog.count * sizeof(struct cqe));
    if (backlog.count == 0) sq_flags &= ~(uint32_t)SQ_CQ_OVERFLOW;
}

// It is done. A chain goes on with the next if this one did all that it was asked for; else the rest is cancelled.
static void complete(struct request *r, int res) {
    int good = res >= 0 && !(r->sqe.opcode == OP_READ && (unsigned)res < r->sqe.len);
    post(r->sqe.user_data, res);
    if (r->chain && good) append(&todo, r->chain);
    else
        for (struct request *c = r->chain; c; c = c->chain) post(c->sqe.user_data, -ECANCELED);
}

static void cancel(struct request *r) {
    for (struct request **at = &waiting; *at; at = &(*at)->next)
        if ((*at)->sqe.user_data == r->sqe.addr) {
            struct request *victim = *at;
            *at = victim->next;
            victim->cancelled = 1;
            append(&todo, victim);
            complete(r, 0);
            return;
        }
    complete(r, -ENOENT);
}

// io_issue_sqe: tries without waiting; what cannot be done now is left on the wait queue of its file.
static void issue(struct request *r) {
    struct sqe *e = &r->sqe;
    if (e->opcode == OP_NOP) complete(r, 0);
    else if (e->opcode == OP_ASYNC_CANCEL) cancel(r);
    else if (e->fd == file_fd) complete(r, e->len < FILE_SIZE ? (int)e->len : FILE_SIZE);
    else if (in_pipe == 0) wait_for_data(r);
    else if (e->opcode == OP_POLL_ADD) complete(r, 1);
    else {
        int n = (int)e->len < in_pipe ? (int)e->len : in_pipe;
        in_pipe -= n;
        complete(r, n);
    }
}

static void task_work(void) {
    for (struct request *r; (r = todo);) {
        todo = r->next;
        if (r->cancelled) complete(r, -ECANCELED); else issue(r);
    }
}

// io_submit_sqes: copies the entries between head and tail, binds chains together, and gives the slots back.
static int submit(unsigned most) {
    struct request *first = NULL, *last = NULL;
    int n = 0;
    for (; sq_head != sq_tail && (unsigned)n < most; n++, sq_head++) {
        struct request *r = calloc(1, sizeof *r);
        r->sqe = sqes[sq_array[sq_head & sq_mask]];
        if (last) last->chain = r; else first = r;
        last = r->sqe.flags & SQE_LINK ? r : NULL;
        if (!last) issue(first);
    }
    if (last) issue(first);
    return n;
}

static int kernel_setup(void) {
    waiting = todo = NULL;
    backlog.count = 0;
    sq_head = sq_tail = cq_head = cq_tail = cq_overflow = 0;
    sq_flags = sqpoll ? SQ_NEED_WAKEUP : 0;
    ring = (struct ring){ .sq_head = &sq_head, .sq_tail = &sq_tail, .sq_mask = &sq_mask, .sq_flags = &sq_flags, .sq_dropped = &sq_dropped,
        .sq_array = sq_array, .cq_head = &cq_head, .cq_tail = &cq_tail, .cq_mask = &cq_mask, .cq_overflow = &cq_overflow,
        .sqes = sqes, .cqes = cqes };
    return 0;
}

static int kernel_enter(unsigned to_submit, unsigned flags) {
    int n = 0;
    if (flags & ENTER_SQ_WAKEUP) sq_flags &= ~(uint32_t)SQ_NEED_WAKEUP;
    if (!sqpoll) n = submit(to_submit);
    task_work();
    if (flags & ENTER_GETEVENTS) flush_backlog();
    return n;
}

// Data wake everybody on the pipe's queue. A read tries again; a poll has been told what there is, whoever takes it then.
static int kernel_feed(int bytes) {
    struct request *woken = waiting;
    in_pipe += bytes;
    waiting = NULL;
    for (struct request *r; (r = woken);) {
        woken = r->next;
        if (r->sqe.opcode == OP_POLL_ADD) complete(r, 1); else issue(r);
    }
    task_work();
    return bytes;
}

// One look of the thread, io_sq_thread: whatever is between head and tail.
static void kernel_settle(void) {
    if (sqpoll && !(sq_flags & SQ_NEED_WAKEUP)) submit(SQ_SIZE), task_work();
}

static void kernel_idle(void) {
    sq_flags |= SQ_NEED_WAKEUP;
}

int main(void) {
    file_fd = 3, pipe_fd = 4;
    kernel_setup();
    return commands("Model of io_uring.");
}
