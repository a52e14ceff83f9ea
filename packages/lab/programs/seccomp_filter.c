// Installs a seccomp filter: uname is refused with EPERM, getuid traps into a SIGSYS handler, all else is allowed.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

// From the kernel's headers (linux/filter.h, linux/seccomp.h, linux/audit.h).
struct sock_filter { unsigned short code; unsigned char jt, jf; unsigned k; };
struct sock_fprog { unsigned short len; struct sock_filter *filter; };
struct seccomp_data { int nr; unsigned arch; unsigned long long instruction_pointer, args[6]; };
enum { LD_W_ABS = 0x20, JEQ_K = 0x15, RET_K = 0x06 };
enum { ARCH_X86_64 = (int)0xc000003e, RET_KILL = 0, RET_TRAP = 0x30000, RET_ERRNO = 0x50000, RET_ALLOW = 0x7fff0000 };
enum { MODE_FILTER = 2 };

static void on_sigsys(int sig, siginfo_t *info, void *context) {
    (void)context;
    printf("  SIGSYS (%d) for call %d, errno field %d\n", sig, info->si_syscall, info->si_errno);
}

int main(void) {
    struct sock_filter filter[] = {
        { LD_W_ABS, 0, 0, offsetof(struct seccomp_data, arch) },
        { JEQ_K, 1, 0, (unsigned)ARCH_X86_64 },
        { RET_K, 0, 0, RET_KILL },
        { LD_W_ABS, 0, 0, offsetof(struct seccomp_data, nr) },
        { JEQ_K, 0, 1, SYS_uname },
        { RET_K, 0, 0, RET_ERRNO | EPERM },
        { JEQ_K, 0, 1, SYS_getuid },
        { RET_K, 0, 0, RET_TRAP | 7 },
        { RET_K, 0, 0, RET_ALLOW },
    };
    struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };
    struct sigaction sa = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };
    struct utsname name;
    sigaction(SIGSYS, &sa, NULL);
    printf("uname before the filter: %d\n", uname(&name));
    // Without privileges a filter may only be installed by who can gain none.
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, MODE_FILTER, &program) != 0) {
        printf("no filter: %s\n", strerror(errno));
        return 1;
    }
    int r = uname(&name);
    printf("uname: %d, %s\n", r, strerror(errno));
    printf("getuid: %ld in rax\n", syscall(SYS_getuid));
    printf("getppid: %d, allowed\n", getppid());
    return 0;
}
