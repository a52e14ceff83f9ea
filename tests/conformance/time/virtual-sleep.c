// Sleepers wake in the order of their times, whatever order they began in.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int ends[2];
  pipe(ends);
  int times[] = {90, 30, 150, 60, 120, 0};
  for (int i = 0; i < 6; i++)
    if (fork() == 0) {
      char c = 'a' + i;
      usleep(times[i] * 1000);
      write(ends[1], &c, 1);
      _exit(0);
    }
  char order[7] = "";
  for (int i = 0; i < 6; i++) {
    wait(NULL);
    read(ends[0], order + i, 1);
  }
  puts(order);
}
