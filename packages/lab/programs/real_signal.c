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
#include "commands.h"
#include "signal_names.h"

// printf in a handler is not for real programs; here the only place that is interrupted is our own kill().
static void handler(int sig, siginfo_t *info, void *context) {
    const ucontext_t *uc = context;
    printf("  handler(%d): si_code %d, frame at %p, interrupted rip 0x%llx rsp 0x%llx\n", sig, info->si_code, (void *)((char *)uc - 8),
           uc->uc_mcontext.gregs[REG_RIP], uc->uc_mcontext.gregs[REG_RSP]);
}

static void say(const char *what, long ret) {
    printf("  %s = %ld%s%s\n", what, ret, ret < 0 ? ", " : "", ret < 0 ? strerror(errno) : "");
}

// The calls themselves: the C library would hide two real-time signals of its own.
static void show(void) {
    unsigned long pending = 0, blocked = 0;
    syscall(SYS_rt_sigpending, &pending, sizeof pending);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof blocked);
    print_numbers();
    print_set("pending", pending);
    print_set("blocked", blocked);
}

static void command(char *line) {
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
    char greeting[64];
    snprintf(greeting, sizeof greeting, "Real signals of process %d.", getpid());
    return commands(greeting);
}
