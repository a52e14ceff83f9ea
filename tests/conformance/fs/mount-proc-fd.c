// Nothing can be mounted on what stands for a descriptor in /proc.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../print.h"

int main(void) {
    char path[64], info[64];
    unshare(CLONE_NEWNS);
    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    close(open("foo", O_CREAT | O_WRONLY, 0600));
    close(open("bar", O_CREAT | O_WRONLY, 0600));
    int fd = open("foo", O_RDONLY);
    snprintf(path, sizeof path, "/proc/%d/fd/%d", getpid(), fd);
    snprintf(info, sizeof info, "/proc/%d/fdinfo/%d", getpid(), fd);
    int link = open(path, O_PATH | O_NOFOLLOW);
    char at[64];
    snprintf(at, sizeof at, "/proc/%d/fd/%d", getpid(), link);
    P("bind on the link itself", mount("bar", at, "", MS_BIND, NULL));
    P("bind on its text", mount("bar", info, "", MS_BIND, NULL));
    P("a file system on its text", mount("none", info, "tmpfs", 0, NULL));
    P("bind on a file of the process", (snprintf(at, sizeof at, "/proc/%d/status", getpid()), mount("bar", at, "", MS_BIND, NULL)));
    P("umount", umount(at));
    P("bind on the file that it leads to", mount("bar", path, "", MS_BIND, NULL));
    P("umount", umount("foo"));
    return 0;
}
