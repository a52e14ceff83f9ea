// fork, exec of this program, exit and wait.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  if (argc > 2) _exit(0);
  for (long n = argc > 1 ? atol(argv[1]) : 1000; n > 0; n--) { if (fork() == 0) { execl("/proc/self/exe", "x", "0", "x", (char *)0); _exit(1); } wait(0); }
}
