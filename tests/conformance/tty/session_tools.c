/* A session as script(1) and sshd make it: forkpty, an interactive child, resizing, its end. */
#include "pty.h"
#include <pty.h>
static volatile int winches;
static void on(int s) { (void)s; winches++; }
int main(void) {
  struct winsize w = {25, 70, 0, 0};
  struct termios t;
  char line[128];
  setvbuf(stdout, NULL, _IONBF, 0);
  pid_t pid = forkpty(&master, NULL, NULL, &w);
  if (pid == 0) {
    signal(SIGWINCH, on);
    printf("tty %d leader %d foreground %d\n", isatty(0), getsid(0) == getpid(), tcgetpgrp(0) == getpgrp());
    while (fgets(line, sizeof line, stdin)) {
      line[strcspn(line, "\n")] = 0;
      if (!strcmp(line, "size")) {
        ioctl(0, TIOCGWINSZ, &w);
        printf("%d x %d after %d changes\n", w.ws_row, w.ws_col, winches);
      } else if (!strcmp(line, "password")) {
        tcgetattr(0, &t);
        t.c_lflag &= ~ECHO;
        tcsetattr(0, TCSAFLUSH, &t);
        printf("quiet: ");
        if (!fgets(line, sizeof line, stdin)) break;
        t.c_lflag |= ECHO;
        tcsetattr(0, TCSANOW, &t);
        printf("%lu letters\n", (unsigned long)strlen(line) - 1);
      } else printf("you said %s\n", line);
    }
    printf("bye\n");
    exit(42);
  }
  show_master("greeting");
  TYPE("hello\n");
  show_master("dialogue");
  w.ws_col = 99;
  ioctl(master, TIOCSWINSZ, &w);
  usleep(20000);
  TYPE("size\n");
  show_master("resized");
  TYPE("password\n");
  show_master("prompt");
  TYPE("secret\n");
  show_master("no echo");
  TYPE("\004");
  int st;
  waitpid(pid, &st, 0);
  show_master("end");
  printf("exit %d\n", WEXITSTATUS(st));
  show_master("nothing more");
  return 0;
}
