// Mount namespaces: unshare, clone and setns; what one mounts the other does not see.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, long r) {
    printf("%s: %ld%s%s\n", what, r, r < 0 ? " " : "", r < 0 ? strerror(errno) : "");
    fflush(stdout);
}
static int exists(const char *path) { return access(path, F_OK) == 0; }
static int same(const char *a, const char *b) {
    char x[64] = "", y[64] = "";
    readlink(a, x, 63);
    readlink(b, y, 63);
    return !strncmp(x, "mnt:[", 5) && !strcmp(x, y);
}
static int mounted(const char *file, const char *where) {
    char line[4096], needle[300];
    int n = 0;
    FILE *f = fopen(file, "r");
    snprintf(needle, sizeof needle, "%s tmpfs", where);
    while (f && fgets(line, sizeof line, f)) n += strstr(line, needle) != NULL;
    if (f) fclose(f);
    return n;
}

static char dir[200], inner[250], proc[64];
static int up[2], down[2];
static void tell(int fd) { write(fd, "x", 1); }
static void await(int fd) {
    char c;
    read(fd, &c, 1);
}

static int cloned(void *arg) {
    (void)arg;
    say("clone: mount", mount("none", dir, "tmpfs", 0, ""));
    printf("clone: own namespace %d\n", !same("/proc/self/ns/mnt", "/proc/1/ns/mnt"));
    fflush(stdout);
    return 0;
}

int main(void) {
    getcwd(dir, 150);
    strcat(dir, "/place");
    mkdir(dir, 0755);
    snprintf(inner, sizeof inner, "%s/inner", dir);
    pipe(up);
    pipe(down);
    int first = open("/proc/self/ns/mnt", O_RDONLY);
    int child = fork();
    if (child == 0) {
        int before = open(".", O_RDONLY);
        say("unshare", unshare(CLONE_NEWNS));
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
        printf("another namespace: %d\n", !same("/proc/self/ns/mnt", "/proc/1/ns/mnt") || getppid() == 1);
        say("mount", mount("none", dir, "tmpfs", 0, ""));
        say("mkdir", mkdir(inner, 0755));
        printf("seen here: %d, in mounts %d\n", exists(inner), mounted("/proc/self/mounts", dir));
        fflush(stdout);
        tell(up[1]);
        await(down[0]);
        printf("still seen here: %d\n", exists(inner));
        // Places of the old namespace can be used, but not mounted on.
        fchdir(before);
        printf("by the old directory: %d\n", exists("place/inner"));
        say("mount on a place of another namespace", mount("none", "place", "tmpfs", 0, ""));
        chdir(dir);
        say("umount busy", umount(dir));
        chdir("/");
        say("umount", umount(dir));
        printf("gone: %d\n", exists(inner));
        say("mount again", mount("none", dir, "tmpfs", 0, ""));
        mkdir(inner, 0755);
        fflush(stdout);
        tell(up[1]);
        await(down[0]);
        _exit(0);
    }
    await(up[0]);
    snprintf(proc, sizeof proc, "/proc/%d/mounts", child);
    printf("parent sees: %d, own mounts %d, the child's %d\n", exists(inner), mounted("/proc/self/mounts", dir), mounted(proc, dir));
    snprintf(proc, sizeof proc, "/proc/%d/root%s", child, inner);
    printf("through the child's root: %d\n", exists(proc));
    fflush(stdout);
    tell(down[1]);
    await(up[0]);

    snprintf(proc, sizeof proc, "/proc/%d/ns/mnt", child);
    int theirs = open(proc, O_RDONLY);
    int plain = open("plain", O_RDWR | O_CREAT, 0600), pidfd = syscall(SYS_pidfd_open, child, 0);
    say("setns of no file", setns(-1, 0));
    say("setns of a plain file", setns(plain, 0));
    say("setns of the wrong kind", setns(theirs, CLONE_NEWUTS));
    say("setns of a pidfd without kinds", setns(pidfd, 0));
    say("setns of a pidfd with unknown kinds", setns(pidfd, 1));
    say("setns", setns(theirs, CLONE_NEWNS));
    printf("in the child's: %d\n", exists(inner));
    char cwd[300];
    printf("working directory: %s\n", getcwd(cwd, sizeof cwd));
    say("setns back", setns(first, 0));
    printf("back: %d\n", exists(inner));
    say("setns by pidfd", setns(pidfd, CLONE_NEWNS | CLONE_NEWUTS));
    printf("in the child's: %d\n", exists(inner));
    setns(first, 0);
    say("in one's own user namespace", setns(open("/proc/self/ns/user", O_RDONLY), 0));
    say("kinds together that exclude each other", unshare(CLONE_NEWNS | 0x10));
    tell(down[1]);
    waitpid(child, NULL, 0);
    say("setns to what a descriptor keeps", setns(theirs, 0));
    printf("still there: %d\n", exists(inner));
    setns(first, 0);
    close(theirs);

    // With a directory shared by both: unshare gives each its own.
    chdir(dir);
    child = syscall(SYS_clone, CLONE_FS | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        unshare(CLONE_NEWNS);
        chdir("/");
        _exit(0);
    }
    waitpid(child, NULL, 0);
    printf("directory kept: %d\n", !strcmp(getcwd(cwd, sizeof cwd), dir));
    say("clone with FS", syscall(SYS_clone, CLONE_FS | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0));
    fflush(stdout);
    static char stack[65536];
    // The namespace's mounts go with the last of it.
    if (unshare(CLONE_NEWNS) == 0) mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    child = clone(cloned, stack + sizeof stack, CLONE_NEWNS | SIGCHLD, NULL);
    waitpid(child, NULL, 0);
    say("rmdir of what was a mount point there", (chdir("/"), rmdir(dir)));
    mkdir(dir, 0755);
    if (fork() == 0) {
        setresuid(1, 1, 1);
        say("without privilege", unshare(CLONE_NEWNS));
        say("without privilege", setns(first, CLONE_NEWNS));
        _exit(0);
    }
    wait(NULL);
    return 0;
}
