// A program that reads again when it was interrupted, but only once.
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  int ends[2], total = 0;
  char byte;
  pipe(ends);
  for (int i = 0; i < 12; i++) {
    write(ends[1], "!", 1);
    int n = read(ends[0], &byte, 1);
    if (n < 0 && errno == EINTR) n = read(ends[0], &byte, 1);
    if (n < 0) return 3;
    total += n;
  }
  return total != 12;
}
