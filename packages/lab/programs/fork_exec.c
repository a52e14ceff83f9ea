// A shell's way: fork, exec in the child, wait in the parent.
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "child") == 0) {
        printf("child %d runs a new program image\n", getpid());
        return 7;
    }
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", argv[0], "child", (char *)NULL);
        _exit(127);
    }
    int status;
    waitpid(pid, &status, 0);
    printf("parent %d: child %d exited with %d\n", getpid(), pid, WEXITSTATUS(status));
    return 0;
}
