// Real signals: the same commands with kill, sigaction and sigprocmask; the handler shows its frame.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static const char *names[] = {
    "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
};
enum { NAMES = sizeof names / sizeof names[0], LAST = 64 };

// printf in a handler is not for real programs; here the only place that is interrupted is our own kill().
static void handler(int sig, siginfo_t *info, void *context) {
    const ucontext_t *uc = context;
    printf("  handler(%d): si_code %d, frame at %p, interrupted rip 0x%llx rsp 0x%llx\n", sig, info->si_code, (void *)((char *)uc - 8),
           uc->uc_mcontext.gregs[REG_RIP], uc->uc_mcontext.gregs[REG_RSP]);
}

static void say(const char *what, long ret) {
    printf("  %s = %ld%s%s\n", what, ret, ret < 0 ? ", " : "", ret < 0 ? strerror(errno) : "");
}

static void print_set(const char *what, const unsigned long set) {
    printf("  %-8s", what);
    for (int s = 0; s < LAST; s++) putchar(set >> s & 1 ? '1' : '.');
    putchar('\n');
}

// The calls themselves: the C library would hide two real-time signals of its own.
static void show(void) {
    unsigned long pending = 0, blocked = 0;
    syscall(SYS_rt_sigpending, &pending, sizeof pending);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof blocked);
    printf("          1234567890123456789012345678901234567890123456789012345678901234\n");
    print_set("pending", pending);
    print_set("blocked", blocked);
}

static int number(const char *name) {
    if (!strncmp(name, "SIG", 3)) name += 3;
    for (int i = 1; i < NAMES; i++)
        if (!strcmp(name, names[i])) return i;
    int n = atoi(name);
    return n >= 1 && n <= LAST ? n : 0;
}

static void help(void) {
    printf("send SIG | block SIG | unblock SIG\n"
           "handle SIG | ignore SIG | default SIG\n"
           "show | help | quit           SIG: USR1, SIGTERM, 34, ...\n");
}

static void command(const char *line) {
    static const char *verbs[] = { "send", "block", "unblock", "handle", "ignore", "default" };
    char word[16] = "", name[16] = "";
    int v = 0;
    if (sscanf(line, "%15s %15s", word, name) <= 0) return;
    if (!strcmp(word, "help")) return help();
    if (!strcmp(word, "show")) return show();
    while (v < 6 && strcmp(word, verbs[v])) v++;
    int sig = number(name);
    if (v == 6) {
        printf("? %s: not a command, try help\n", word);
    } else if (!sig) {
        printf("? %s SIG\n", word);
    } else if (v == 0) {
        say("kill", kill(getpid(), sig));
    } else if (v < 3) {
        unsigned long set = 1UL << (sig - 1);
        say("rt_sigprocmask", syscall(SYS_rt_sigprocmask, v == 1 ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL, sizeof set));
    } else {
        struct sigaction sa = { .sa_flags = SA_RESTART };
        if (v == 3) sa.sa_sigaction = handler, sa.sa_flags |= SA_SIGINFO;
        else sa.sa_handler = v == 4 ? SIG_IGN : SIG_DFL;
        say("sigaction", sigaction(sig, &sa, NULL));
    }
}

int main(void) {
    char line[128];
    printf("Real signals of process %d. help lists the commands.\n", getpid());
    while (fgets(line, sizeof line, stdin)) {
        if (!strchr(line, '\n') && strlen(line) == sizeof line - 1) {
            printf("? the line is too long\n");
            for (int c; (c = getchar()) != EOF && c != '\n';);
            continue;
        }
        line[strcspn(line, "\n")] = 0;
        if (!strcmp(line, "quit")) break;
        command(line);
    }
    return 0;
}
