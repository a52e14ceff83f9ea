// The real dispatch: the same commands with the syscall instruction itself; rcx and r11 are shown as they come back.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "commands.h"

static const struct { const char *name; long nr; } names[] = {
    { "read", SYS_read }, { "close", SYS_close }, { "getpid", SYS_getpid }, { "getuid", SYS_getuid },
};
enum { NAMES = sizeof names / sizeof names[0] };
// From the kernel's headers.
enum { AUDIT_PROTOCOL = 9, GET_ACTION_AVAIL = 2, MODE_FILTER = 2, RET_ALLOW = 0x7fff0000, RET_ERRNO = 0x50000 };
enum { LD_W_ABS = 0x20, JEQ_K = 0x15, RET_K = 0x06 };
struct sock_filter { unsigned short code; unsigned char jt, jf; unsigned k; };
struct sock_fprog { unsigned short len; struct sock_filter *filter; };

// One syscall instruction with all six arguments, and what it leaves in rcx and r11.
static long raw(long nr, const long a[6], unsigned long *rcx, unsigned long *r11) {
    long ret = nr;
    unsigned long cx = (unsigned long)a, flags;
    __asm__ volatile("movq 24(%%rcx), %%r10\n\tmovq 32(%%rcx), %%r8\n\tmovq 40(%%rcx), %%r9\n\tsyscall\n\tmovq %%r11, %%rbx"
                     : "+a"(ret), "=b"(flags), "+c"(cx)
                     : "D"(a[0]), "S"(a[1]), "d"(a[2])
                     : "r8", "r9", "r10", "r11", "memory");
    *rcx = cx;
    *r11 = flags;
    return ret;
}

static void call(long nr, const long a[6]) {
    unsigned long rcx, r11;
    printf("  ring 3  rax=%ld rdi=%ld rsi=%ld rdx=%ld r10=%ld r8=%ld r9=%ld\n", nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    long ret = raw(nr, a, &rcx, &r11);
    printf("  back    rax=%ld%s%s, rcx=0x%lx (return address), r11=0x%lx (flags)\n", ret, ret < 0 && ret > -4096 ? ": " : "",
           ret < 0 && ret > -4096 ? strerror((int)-ret) : "", rcx, r11);
}

static void result(const char *what, long ret) {
    printf("  %s = %ld%s%s\n", what, ret, ret < 0 ? ", " : "", ret < 0 ? strerror(errno) : "");
}

static void hook(const char *name, const char *how) {
    if (strcmp(how, "on")) {
        printf("  the kernel does not let a program turn its hooks off\n");
    } else if (!strcmp(name, "audit")) {
        result("socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)", socket(AF_NETLINK, SOCK_RAW, AUDIT_PROTOCOL));
    } else if (!strcmp(name, "seccomp")) {
        // Asks only: deny NR installs a filter, and strict mode would leave nothing but read and write.
        result("prctl(PR_GET_SECCOMP)", prctl(PR_GET_SECCOMP));
        unsigned action = RET_ALLOW;
        result("seccomp(SECCOMP_GET_ACTION_AVAIL, RET_ALLOW)", syscall(SYS_seccomp, GET_ACTION_AVAIL, 0, &action));
    } else if (!strcmp(name, "ptrace")) {
        result("ptrace(PTRACE_TRACEME)", ptrace(PTRACE_TRACEME, 0, 0, 0));
    } else {
        printf("? hook audit|seccomp|ptrace on|off\n");
    }
}

// A seccomp filter that refuses one number. It stays as long as the process lives; each one more is asked too.
static void deny(long nr) {
    struct sock_filter filter[] = {
        { LD_W_ABS, 0, 0, 0 }, // struct seccomp_data begins with the number
        { JEQ_K, 0, 1, (unsigned)nr },
        { RET_K, 0, 0, RET_ERRNO | EPERM },
        { RET_K, 0, 0, RET_ALLOW },
    };
    struct sock_fprog program = { 4, filter };
    if (nr == SYS_read || nr == SYS_write || nr == SYS_writev) {
        printf("  this program needs call %ld itself\n", nr);
        return;
    }
    result("prctl(PR_SET_NO_NEW_PRIVS)", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    result("prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER)", prctl(PR_SET_SECCOMP, MODE_FILTER, &program));
}

static void help(void) {
    printf("call NR [up to 6 numbers]   any call by its number\n"
           "write TEXT | getpid | getuid | read | close FD\n"
           "hook audit|seccomp|ptrace on|off, deny NR   (deny: installs a filter)\n"
           "table | help | quit\n");
}

static void command(char *line) {
    char word[16] = "", a[16] = "", b[16] = "";
    long args[6] = { 0 };
    if (sscanf(line, "%15s %15s %15s", word, a, b) <= 0)
        return;
    if (!strcmp(word, "help")) return help();
    if (!strcmp(word, "hook")) return hook(a, b);
    if (!strcmp(word, "deny")) {
        char *end;
        long nr = strtol(a, &end, 0);
        if (end == a) printf("? deny NR\n");
        else deny(nr);
        return;
    }
    if (!strcmp(word, "table")) {
        printf("  the table lies in the kernel; a program can only ask. Answers to 330 to 340:\n");
        for (long nr = 330; nr <= 340; nr++)
            if (nr != 335) {
                long none[6] = { -1, 0, 0, 0, 0, 0 };
                unsigned long rcx, r11;
                long ret = raw(nr, none, &rcx, &r11);
                printf("  %ld  %s\n", nr, ret < 0 ? strerror((int)-ret) : "done");
            }
        return;
    }
    if (!strcmp(word, "write")) {
        char *from = strstr(line, "write") + 5;
        from += strspn(from, " \t");
        strcat(from, "\n");
        args[0] = 1, args[1] = (long)from, args[2] = (long)strlen(from);
        return call(SYS_write, args);
    }
    if (!strcmp(word, "call")) {
        char *at = strstr(line, "call") + 4, *end;
        long nr = strtol(at, &end, 0);
        int some = end != at, n = 0;
        for (at = end; some && n < 6; n++, at = end) {
            long value = strtol(at, &end, 0);
            if (end == at) break;
            args[n] = value;
        }
        if (!some || at[strspn(at, " \t")])
            printf("? call NR [up to 6 numbers]\n");
        else
            call(nr, args);
        return;
    }
    for (int i = 0; i < NAMES; i++)
        if (!strcmp(word, names[i].name)) {
            // read: nothing from nowhere, or it would take the next command.
            args[0] = strtol(a, NULL, 0);
            return call(names[i].nr, args);
        }
    printf("? %s: not a command, try help\n", word);
}

int main(void) {
    return commands("The real dispatch.");
}
