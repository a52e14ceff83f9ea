// The application's half of the io_uring demos: the same for both. Whose kernel it is that takes entries is told by who includes this.
#include <stdio.h>
#include <stdlib.h>
#include "commands.h"
#include "uring.h"

enum { SQ_SIZE = 4, CQ_SIZE = 8, FILE_SIZE = 10000, MOST = 4096 };
static struct ring ring;
static int file_fd, pipe_fd, sqpoll;
static char buffer[MOST];

// The kernel's half. setup makes a new ring, enter is the system call, feed brings data for the pipe,
// settle gives the kernel's thread the time for what it sees, idle lets it fall asleep.
static int kernel_setup(void);
static int kernel_enter(unsigned to_submit, unsigned flags);
static int kernel_feed(int bytes);
static void kernel_settle(void);
static void kernel_idle(void);

static const char *op_name(int op) {
    switch (op) {
    case OP_NOP: return "NOP";
    case OP_POLL_ADD: return "POLL_ADD";
    case OP_ASYNC_CANCEL: return "ASYNC_CANCEL";
    case OP_READ: return "READ";
    default: return "?";
    }
}

static void show(void) {
    printf("  SQ head %u tail %u (filled to %u) mask %u%s%s%s\n", *ring.sq_head, *ring.sq_tail, ring.filled, *ring.sq_mask,
           *ring.sq_flags & SQ_NEED_WAKEUP ? " NEED_WAKEUP" : "", *ring.sq_flags & SQ_CQ_OVERFLOW ? " CQ_OVERFLOW" : "",
           sqpoll ? ", a thread of the kernel takes" : "");
    for (uint32_t i = *ring.sq_head; i != ring.filled; i++) {
        struct sqe *e = &ring.sqes[ring.sq_array[i & *ring.sq_mask]];
        printf("    slot %u: %s user_data %llu%s\n", i & *ring.sq_mask, op_name(e->opcode), (unsigned long long)e->user_data,
               (int32_t)(i - *ring.sq_tail) < 0 ? "" : " (not published)");
    }
    printf("  CQ head %u tail %u mask %u\n", *ring.cq_head, *ring.cq_tail, *ring.cq_mask);
    for (uint32_t i = *ring.cq_head; i != *ring.cq_tail; i++)
        printf("    slot %u: user_data %llu res %d\n", i & *ring.cq_mask, (unsigned long long)ring.cqes[i & *ring.cq_mask].user_data,
               ring.cqes[i & *ring.cq_mask].res);
}

static struct sqe *newest(void) {
    return ring.filled == *ring.sq_tail ? NULL : &ring.sqes[(ring.filled - 1) & *ring.sq_mask];
}

static void queue(int op, int fd, unsigned len, uint64_t addr, uint64_t user_data) {
    struct sqe *e = ring_rw(&ring, op, fd, (void *)addr, len, 0, user_data);
    if (!e) {
        printf("  the ring is full: %u entries are not taken yet\n", ring.filled - *ring.sq_head);
        return;
    }
    if (op == OP_POLL_ADD) e->op_flags = 1;   // POLLIN
    printf("  slot %u: %s user_data %llu; the kernel does not see it yet\n", (ring.filled - 1) & *ring.sq_mask, op_name(op),
           (unsigned long long)user_data);
}

static void publish(void) {
    struct sqe *last = newest();
    if (last && last->flags & SQE_LINK) {
        last->flags &= (uint8_t)~SQE_LINK;
        printf("  nothing follows the last entry: its link is taken back\n");
    }
    uint32_t from = *ring.sq_tail, n = ring_publish(&ring);
    printf("  sq_tail %u -> %u\n", from, *ring.sq_tail);
    if (!sqpoll || !n) return;
    if (ring_needs_wakeup(&ring)) {
        printf("  NEED_WAKEUP is set: the thread sleeps, wake it\n");
        return;
    }
    from = *ring.sq_head;
    kernel_settle();
    printf("  the thread has taken them: sq_head %u -> %u, no system call\n", from, *ring.sq_head);
}

static void enter(unsigned flags) {
    uint32_t from = *ring.sq_head;
    int ret = kernel_enter(sqpoll ? 0 : *ring.sq_tail - *ring.sq_head, flags);
    kernel_settle();
    printf("  io_uring_enter = %d, sq_head %u -> %u, cq_tail is %u\n", ret, from, *ring.sq_head, *ring.cq_tail);
}

static void reap(void) {
    struct cqe *c;
    uint32_t from = *ring.cq_head;
    for (; (c = ring_peek(&ring)); ring_seen(&ring))
        printf("  user_data %llu res %d%s%s\n", (unsigned long long)c->user_data, c->res, c->res < 0 ? ": " : "",
               c->res < 0 ? strerror(-c->res) : "");
    printf("  cq_head %u -> %u\n", from, *ring.cq_head);
}

static void help(void) {
    printf("nop DATA | read BYTES DATA | pipe BYTES DATA | poll DATA | cancel OF DATA   fill an entry with user_data DATA\n"
           "    (read: a file of %d bytes; pipe: a pipe that is empty until feed; poll: of that pipe)\n"
           "link                    the newest entry takes the next one into its chain\n"
           "tail | enter | wake     publish | io_uring_enter | the same with IORING_ENTER_SQ_WAKEUP\n"
           "feed BYTES | reap | show | setup [sqpoll] | help | quit\n"
           "Several on one line are set apart by ; and with sqpoll the thread falls asleep at the end of a line.\n", FILE_SIZE);
}

static void one_command(const char *line) {
    char word[16] = "", rest[16] = "";
    long a = -1, b = -1;
    int n = sscanf(line, "%15s %ld %ld", word, &a, &b);
    if (n <= 0) return;
    if (!strcmp(word, "help")) help();
    else if (!strcmp(word, "show")) show();
    else if (!strcmp(word, "tail")) publish();
    else if (!strcmp(word, "enter")) enter(ENTER_GETEVENTS);
    else if (!strcmp(word, "wake")) enter(ENTER_SQ_WAKEUP);
    else if (!strcmp(word, "reap")) reap();
    else if (!strcmp(word, "nop") && n == 2 && a >= 0) queue(OP_NOP, -1, 0, 0, (uint64_t)a);
    else if (!strcmp(word, "poll") && n == 2 && a >= 0) queue(OP_POLL_ADD, pipe_fd, 0, 0, (uint64_t)a);
    else if (!strcmp(word, "cancel") && n == 3 && a >= 0 && b >= 0) queue(OP_ASYNC_CANCEL, -1, 0, (uint64_t)a, (uint64_t)b);
    else if ((!strcmp(word, "read") || !strcmp(word, "pipe")) && n == 3 && a > 0 && a <= MOST && b >= 0)
        queue(OP_READ, word[0] == 'r' ? file_fd : pipe_fd, (unsigned)a, (uint64_t)buffer, (uint64_t)b);
    else if (!strcmp(word, "link")) {
        struct sqe *e = newest();
        if (e) e->flags |= SQE_LINK;
        printf(e ? "  what comes next waits for it\n" : "? fill an entry first\n");
    } else if (!strcmp(word, "feed") && n == 2 && a > 0 && a <= MOST) {
        int got = kernel_feed((int)a);
        kernel_settle();
        printf("  %d bytes for the pipe, cq_tail is %u\n", got, *ring.cq_tail);
    } else if (!strcmp(word, "setup")) {
        sscanf(line, "%*s %15s", rest);
        sqpoll = !strcmp(rest, "sqpoll");
        int ret = kernel_setup();
        if (ret < 0) printf("  io_uring_setup: %s\n", strerror(-ret));
        else printf("  a ring of %u and %u%s\n", *ring.sq_mask + 1, *ring.cq_mask + 1, sqpoll ? ", with a thread" : "");
    } else {
        static const char *known = " nop read pipe poll cancel feed ";
        char spaced[20];
        snprintf(spaced, sizeof spaced, " %s ", word);
        printf(strstr(known, spaced) ? "? %s: numbers are missing or too large, try help\n" : "? %s: not a command, try help\n", word);
    }
}

static void command(char *line) {
    for (char *at = strtok(line, ";"); at; at = strtok(NULL, ";")) one_command(at);
    if (sqpoll) kernel_idle();
}
