// strace in forty lines: a child asks to be traced, the parent prints each call of it as it enters and returns.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static void traced(void) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP); // so that the tracer can get ready
    getppid();
    write(1, "the child writes\n", 17);
    _exit(3);
}

int main(void) {
    struct user_regs_struct regs;
    int status, inside = 0;
    pid_t child = fork();
    if (child == 0)
        traced();
    waitpid(child, &status, 0);
    // Stops for calls come as SIGTRAP | 0x80 then, unlike any real signal.
    ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD);
    for (;;) {
        ptrace(PTRACE_SYSCALL, child, 0, 0);
        waitpid(child, &status, 0);
        if (WIFEXITED(status))
            break;
        if (WSTOPSIG(status) != (SIGTRAP | 0x80))
            continue;
        ptrace(PTRACE_GETREGS, child, 0, &regs);
        inside = !inside;
        if (inside)
            printf("call %lld(%lld, %llx, %lld)\n", (long long)regs.orig_rax, (long long)regs.rdi, regs.rsi, (long long)regs.rdx);
        else
            printf("  = %lld\n", (long long)regs.rax);
    }
    printf("\nthe child exited with %d\n", WEXITSTATUS(status));
    return 0;
}
