// Model of the system-call dispatch: registers, hooks, a table of functions; commands on stdin, see help.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"

typedef unsigned long u64;

// What the entry code saves of the caller: struct pt_regs, only the part that carries the call.
struct regs { u64 ax, di, si, dx, r10, r8, r9, cx, r11, ip; };

static char text[200];      // stands for the program's memory: what `write` points at
static const char *hooks[] = { "audit", "seccomp", "ptrace" };
static int active[3];
static long denied = -1;    // the number that the seccomp filter refuses

static long sys_read(struct regs *r) { (void)r; return 0; }
static long sys_write(struct regs *r) {
    if (r->di != 1 && r->di != 2)
        return -EBADF;
    u64 n = r->dx < strlen(text) ? r->dx : strlen(text);
    printf("    [sys_write] copies %lu bytes from the program: \"%.*s\"\n", n, (int)n, text);
    return (long)n;
}
static long sys_close(struct regs *r) { return r->di <= 2 ? 0 : -EBADF; }
static long sys_getpid(struct regs *r) { (void)r; return 1; }
static long sys_getuid(struct regs *r) { (void)r; return 0; }

static const struct { const char *name; long (*call)(struct regs *); } sys_call_table[128] = {
    [0] = { "read", sys_read }, [1] = { "write", sys_write }, [3] = { "close", sys_close },
    [39] = { "getpid", sys_getpid }, [102] = { "getuid", sys_getuid },
};
enum { TABLE_SIZE = sizeof sys_call_table / sizeof sys_call_table[0] };

// entry_SYSCALL_64 and do_syscall_64: the hooks, the row of the table, the result in rax.
static void do_syscall(struct regs *r) {
    u64 nr = r->ax;
    printf("  ring 3  rax=%ld rdi=%lu rsi=%lu rdx=%lu r10=%lu r8=%lu r9=%lu\n", (long)nr, r->di, r->si, r->dx, r->r10, r->r8, r->r9);
    r->cx = r->ip;
    r->r11 = 0x202;
    printf("  syscall rcx <- 0x%lx (return address), r11 <- 0x%lx (flags), ring 0 at MSR_LSTAR\n", r->cx, r->r11);
    r->ax = (u64)-ENOSYS;
    for (int i = 0; i < 3; i++)
        if (active[i])
            printf("  hook    %s looks at call %ld\n", hooks[i], (long)nr);
    if (active[1] && (long)nr == denied) {
        r->ax = (u64)-EPERM;
        printf("  seccomp refuses it\n");
    } else if (nr < TABLE_SIZE && sys_call_table[nr].call) {
        printf("  table   sys_call_table[%lu] = sys_%s\n", nr, sys_call_table[nr].name);
        r->ax = (u64)sys_call_table[nr].call(r);
    } else {
        printf("  table   no entry for %ld\n", (long)nr);
    }
    printf("  sysret  rip <- rcx, flags <- r11, rax = %ld%s%s\n", (long)r->ax, (long)r->ax < 0 ? ": " : "",
           (long)r->ax < 0 ? strerror(-(int)r->ax) : "");
}

static void help(void) {
    printf("call NR [up to 6 numbers]   any call by its number\n"
           "write TEXT | getpid | getuid | read | close FD\n"
           "hook audit|seccomp|ptrace on|off, deny NR   (deny: what seccomp refuses)\n"
           "table | help | quit\n");
}

static void command(char *line) {
    char word[16] = "", a[16] = "", b[16] = "";
    struct regs r = { .ip = 0x401136 };
    int words = sscanf(line, "%15s %15s %15s", word, a, b);
    if (words <= 0)
        return;
    if (!strcmp(word, "help")) return help();
    if (!strcmp(word, "table")) {
        for (int i = 0; i < TABLE_SIZE; i++)
            if (sys_call_table[i].call)
                printf("  %3d  sys_%s\n", i, sys_call_table[i].name);
        return;
    }
    if (!strcmp(word, "hook")) {
        for (int i = 0; i < 3; i++)
            if (!strcmp(a, hooks[i]) && (!strcmp(b, "on") || !strcmp(b, "off"))) {
                active[i] = b[1] == 'n';
                printf("  %s is %s\n", hooks[i], b);
                return;
            }
        printf("? hook audit|seccomp|ptrace on|off\n");
        return;
    }
    if (!strcmp(word, "deny")) {
        char *end;
        denied = strtol(a, &end, 0);
        printf(end == a ? "? deny NR\n" : "  seccomp, when it is on, refuses call %ld\n", denied);
        return;
    }
    if (!strcmp(word, "write")) {
        char *from = strstr(line, "write") + 5;
        snprintf(text, sizeof text, "%s", from + strspn(from, " \t"));
        r.ax = 1, r.di = 1, r.si = (u64)text, r.dx = strlen(text);
    } else if (!strcmp(word, "call")) {
        u64 *slot[] = { &r.ax, &r.di, &r.si, &r.dx, &r.r10, &r.r8, &r.r9 };
        char *at = strstr(line, "call") + 4, *end;
        int n = 0;
        for (; n < 7; n++, at = end) {
            u64 value = strtoul(at, &end, 0);
            if (end == at) break;
            *slot[n] = value;
        }
        if (n == 0 || at[strspn(at, " \t")]) {
            printf("? call NR [up to 6 numbers]\n");
            return;
        }
    } else if (!strcmp(word, "close")) {
        r.ax = 3, r.di = strtoul(a, NULL, 0);
    } else {
        int i = 0;
        while (i < TABLE_SIZE && !(sys_call_table[i].call && !strcmp(word, sys_call_table[i].name))) i++;
        if (i == TABLE_SIZE) {
            printf("? %s: not a command, try help\n", word);
            return;
        }
        r.ax = i;
    }
    do_syscall(&r);
}

int main(void) {
    return commands("Model of the dispatch.");
}
