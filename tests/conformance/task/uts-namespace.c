// Namespaces of the machine's names: unshare, clone and setns.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, long r) {
    printf("%s: %ld%s%s\n", what, r, r < 0 ? " " : "", r < 0 ? strerror(errno) : "");
    fflush(stdout);
}
static const char *name(void) {
    static struct utsname u;
    uname(&u);
    return u.nodename;
}
static void text(const char *what, const char *path) {
    char b[100] = "";
    int fd = open(path, O_RDONLY);
    read(fd, b, 99);
    close(fd);
    printf("%s: %s", what, b);
}

int main(void) {
    char before[65], link[2][64] = {"", ""};
    int p[2];
    strcpy(before, name());
    pipe(p);
    int first = open("/proc/self/ns/uts", O_RDONLY);
    readlink("/proc/self/ns/uts", link[0], 63);
    sigset_t set;
    int sig;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int child = fork();
    if (child == 0) {
        char c;
        say("unshare", unshare(CLONE_NEWUTS));
        printf("same name at first: %d\n", !strcmp(name(), before));
        say("sethostname", sethostname("inner", 5));
        say("setdomainname", setdomainname("inner.example", 13));
        printf("name: %s\n", name());
        text("hostname", "/proc/sys/kernel/hostname");
        text("domainname", "/proc/sys/kernel/domainname");
        readlink("/proc/self/ns/uts", link[1], 63);
        printf("another namespace: %d\n", !strncmp(link[1], "uts:[", 5) && strcmp(link[0], link[1]));
        fflush(stdout);
        kill(getppid(), SIGUSR1);
        read(p[0], &c, 1);
        // A child is in it too, and may have another.
        int inner = fork();
        if (inner == 0) {
            printf("child: %s\n", name());
            unshare(CLONE_NEWUTS);
            int fd = open("/proc/sys/kernel/hostname", O_WRONLY);
            write(fd, "deeper\n", 7);
            close(fd);
            printf("child: %s\n", name());
            fflush(stdout);
            _exit(0);
        }
        waitpid(inner, NULL, 0);
        printf("its parent: %s\n", name());
        fflush(stdout);
        _exit(0);
    }
    sigwait(&set, &sig);
    printf("outside: %d\n", !strcmp(name(), before));
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/uts", child);
    int theirs = open(path, O_RDONLY);
    say("setns", setns(theirs, CLONE_NEWUTS));
    printf("name: %s\n", name());
    say("setns back", setns(first, 0));
    printf("outside: %d\n", !strcmp(name(), before));
    write(p[1], "x", 1);
    waitpid(child, NULL, 0);
    say("setns when nobody is left", setns(theirs, 0));
    printf("name: %s\n", name());
    setns(first, 0);
    child = syscall(SYS_clone, CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        sethostname("cloned", 6);
        printf("clone: %s\n", name());
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    printf("outside: %d\n", !strcmp(name(), before));
    setresuid(1, 1, 1);
    say("without privilege", unshare(CLONE_NEWUTS));
    say("without privilege", syscall(SYS_clone, CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0));
    say("without privilege", setns(theirs, 0));
    return 0;
}
