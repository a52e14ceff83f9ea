#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int x;

int main(int argc, char **argv) {
  if (argc > 1) {
    puts("second");
    return 3;
  }
  if (fork() == 0) {
    x = 7;
    _exit(0);
  }
  wait(0);
  x = 9;
  execl(argv[0], argv[0], "again", (char *)0);
  return 1;
}
