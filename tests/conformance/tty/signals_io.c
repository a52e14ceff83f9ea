/* Reads that signals interrupt, with and without restarting. */
#include "pty.h"
static void on(int s) { (void)s; }
static void try(const char *what, int flags) {
  struct sigaction sa = {.sa_handler = on, .sa_flags = flags};
  char b[16];
  sigaction(SIGALRM, &sa, NULL);
  pid_t pid = fork();
  if (pid == 0) {
    usleep(60000);
    TYPE("late\n");
    _exit(0);
  }
  ualarm(20000, 0);
  long n = read(slave, b, sizeof b);
  show(what, b, n);
  waitpid(pid, NULL, 0);
  if (n < 0) show_slave("afterwards");
}
int main(void) {
  open_pair();
  modes(0, ECHO, 0, 0, 0, 0);
  try("interrupted", 0);
  try("restarted", SA_RESTART);
  struct termios t;
  tcgetattr(slave, &t);
  cfmakeraw(&t);
  t.c_cc[VMIN] = 10;
  tcsetattr(slave, TCSANOW, &t);
  TYPE("abc");
  usleep(20000);
  try("part of VMIN", 0);
  show_slave("rest");
  return 0;
}
