// Calls to be tampered with: a handler for SIGUSR1, bytes through a pipe, and a number that only the kernel knows.
#include <signal.h>
#include <unistd.h>

static void handler(int sig) { (void)sig; }

int main(void) {
  char bytes[8];
  int ends[2];
  signal(SIGUSR1, handler);
  pipe(ends);
  for (int i = 0; i < 4; i++) {
    write(ends[1], "hello", 5);
    int n = read(ends[0], bytes, 5);
    if (n > 0) write(1, bytes, n);
  }
  getppid();
  return 0;
}
