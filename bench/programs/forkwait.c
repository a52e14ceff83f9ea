// fork, exit and wait.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) { for (long n = argc > 1 ? atol(argv[1]) : 3000; n > 0; n--) { if (fork() == 0) _exit(0); wait(0); } }
