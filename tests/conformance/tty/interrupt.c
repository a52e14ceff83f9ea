/* ^C kills a child that waits for input; its parent sees how. */
#include "pty.h"
int main(void) {
  open_pair();
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    close(slave);
    slave = open(ptsname(master), O_RDWR);
    char c;
    long n = read(slave, &c, 1);
    show("read", &c, n);
    _exit(1);
  }
  usleep(50000);
  TYPE("\003");
  int st;
  waitpid(pid, &st, 0);
  printf("signaled %d by %d\n", WIFSIGNALED(st), WTERMSIG(st));
  show_master("echo");
  return 0;
}
