// Three children compute as much as each other with nice 0, 5 and 10; the one with the smallest weight ends last.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    static const int values[] = { 0, 5, 10 };
    pid_t pids[3];
    for (int i = 0; i < 3; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            nice(values[i]);
            for (volatile long n = 0; n < 2500000; n++)
                ;
            _exit(0);
        }
    }
    for (int i = 0; i < 3; i++) {
        pid_t pid = wait(NULL);
        for (int j = 0; j < 3; j++)
            if (pids[j] == pid)
                printf("nice %d has ended\n", values[j]);
    }
    return 0;
}
