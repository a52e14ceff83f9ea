/* More than any buffer holds, both ways. */
#include "pty.h"
int main(void) {
  static char buf[4096];
  open_pair();
  struct termios t;
  tcgetattr(slave, &t);
  cfmakeraw(&t);
  tcsetattr(slave, TCSANOW, &t);
  for (int way = 0; way < 2; way++) {
    int from = way ? slave : master, to = way ? master : slave;
    pid_t pid = fork();
    if (pid == 0) {
      for (int i = 0; i < 200; i++) {
        for (int j = 0; j < 1000; j++) buf[j] = i + j;
        long done = 0;
        while (done < 1000) {
          long n = write(from, buf + done, 1000 - done);
          if (n <= 0) _exit(1);
          done += n;
        }
      }
      _exit(0);
    }
    long total = 0, bad = 0;
    while (total < 200000) {
      long n = read(to, buf, sizeof buf);
      if (n <= 0) break;
      for (long j = 0; j < n; j++, total++)
        if ((unsigned char)buf[j] != (unsigned char)(total / 1000 + total % 1000)) bad++;
    }
    int st;
    waitpid(pid, &st, 0);
    printf("total %ld bad %ld status %d\n", total, bad, st);
  }
  return 0;
}
