// One byte back and forth through two pipes between two processes.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  long n = argc > 1 ? atol(argv[1]) : 50000;
  int a[2], b[2];
  char c = 0;
  pipe(a); pipe(b);
  if (fork() == 0) { for (long i = 0; i < n; i++) { read(a[0], &c, 1); write(b[1], &c, 1); } _exit(0); }
  for (long i = 0; i < n; i++) { write(a[1], &c, 1); read(b[0], &c, 1); }
  wait(0);
}
