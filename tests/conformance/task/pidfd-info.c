// PIDFD_GET_INFO: ids and credentials of a running process, its wait status once it has been reaped.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct info {
    uint64_t mask, cgroupid;
    uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
    int32_t exit_code;
    uint32_t coredump_mask, spare;
};
enum { PID = 1, CREDS = 2, CGROUPID = 4, EXIT = 8, COREDUMP = 16 };
#define GET_INFO(size) _IOC(_IOC_READ | _IOC_WRITE, 0xff, 11, size)

static struct info i;
static int pidfd_open(int pid, int flags) { return syscall(SYS_pidfd_open, pid, flags); }

static int get(int fd, uint64_t mask) {
    memset(&i, 0, sizeof i);
    i.mask = mask;
    return ioctl(fd, GET_INFO(sizeof i), &i);
}

static void show(const char *what, int fd, uint64_t mask, int child) {
    int r = get(fd, mask);
    printf("%s: %d", what, r);
    if (r < 0) printf(" %s", strerror(errno));
    else
        printf(" mask %llx pid %d tgid %d ppid %d ids %u %u %u %u %u %u %u %u exit %x core %x", (unsigned long long)i.mask & ~CGROUPID, i.pid == child,
               i.tgid == child, i.ppid == (uint32_t)getpid(), i.ruid, i.rgid, i.euid, i.egid, i.suid, i.sgid, i.fsuid, i.fsgid, i.exit_code, i.coredump_mask);
    printf("\n");
}

int main(void) {
    int p[2], status;
    pipe(p);
    int child = fork();
    if (child == 0) {
        char c;
        close(p[1]);
        setresgid(1, 2, 3);
        setresuid(4, 5, 6);
        kill(getppid(), SIGCONT);
        read(p[0], &c, 1);
        _exit(7);
    }
    close(p[0]);
    int fd = pidfd_open(child, 0);
    while (get(fd, 0) == 0 && i.ruid != 4) usleep(1000);
    show("nothing asked", fd, 0, child);
    show("exit asked", fd, EXIT | PID, child);
    show("unknown bits", fd, 1ULL << 40, child);
    i.mask = 0;
    printf("no place: %d", ioctl(fd, GET_INFO(sizeof i), NULL));
    printf(" %s\n", strerror(errno));
    printf("bad place: %d", ioctl(fd, GET_INFO(sizeof i), (void *)8));
    printf(" %s\n", strerror(errno));
    printf("too small: %d\n", ioctl(fd, GET_INFO(56), &i) < 0);
    memset(&i, 0x55, sizeof i);
    i.mask = 0;
    printf("first version: %d, behind it %x\n", ioctl(fd, GET_INFO(64), &i), i.coredump_mask);
    struct { struct info i; uint64_t more[2]; } large;
    memset(&large, 0x55, sizeof large);
    large.i.mask = 0;
    printf("later version: %d, behind it %llx\n", ioctl(fd, GET_INFO(sizeof large), &large), (unsigned long long)large.more[1]);
    printf("other call: %d", ioctl(fd, _IO(0xff, 99), 0));
    printf(" %s\n", strerror(errno));

    close(p[1]);
    siginfo_t si;
    waitid(P_PID, child, &si, WEXITED | WNOWAIT);
    show("zombie", fd, EXIT, child);
    waitpid(child, &status, 0);
    show("reaped", fd, EXIT, child);
    show("reaped, exit not asked", fd, 0, child);
    printf("status %x\n", status);

    child = fork();
    if (child == 0) {
        kill(getpid(), SIGKILL);
        _exit(0);
    }
    fd = pidfd_open(child, 0);
    waitpid(child, &status, 0);
    show("killed", fd, EXIT, child);

    show("self", pidfd_open(getpid(), 0), 0, getpid());
    get(pidfd_open(getpid(), 0), COREDUMP);
    printf("dumpable %x\n", i.coredump_mask);
    prctl(PR_SET_DUMPABLE, 0);
    get(pidfd_open(getpid(), 0), COREDUMP);
    printf("not dumpable %x\n", i.coredump_mask);
    return 0;
}
