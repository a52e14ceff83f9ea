// Directory signals of F_NOTIFY.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../print.h"
static int n, fd, code, band;
static void h(int s, siginfo_t *i, void *u) {
  n++;
  fd = i->si_fd;
  code = i->si_code;
  band = i->si_band;
}
static void show(const char *what) {
  printf("%s: %d\n", what, n);
  n = 0;
}
int main(void) {
  struct sigaction sa = {.sa_sigaction = h, .sa_flags = SA_SIGINFO};
  sigaction(SIGIO, &sa, 0);
  sigaction(SIGRTMIN, &sa, 0);
  mkdir("d", 0755);
  mkdir("e", 0755);
  int d = open("d", O_RDONLY);
  P("multishot create", fcntl(d, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
  int f = open("d/f", O_CREAT | O_RDWR, 0600);
  show("create");
  write(f, "x", 1);
  show("write");
  P("more", fcntl(d, F_NOTIFY, DN_MODIFY | DN_ATTRIB | DN_MULTISHOT));
  write(f, "x", 1);
  show("write");
  fchmod(f, 0644);
  show("chmod");
  rename("d/f", "d/g");
  show("rename: created");
  rename("d/g", "e/g");
  show("moved out");
  P("rename and delete", fcntl(d, F_NOTIFY, DN_RENAME | DN_DELETE | DN_MULTISHOT));
  rename("e/g", "d/g");
  show("moved in");
  rename("d/g", "d/h");
  show("inside");
  unlink("d/h");
  show("unlink");
  P("off", fcntl(d, F_NOTIFY, 0));
  close(open("d/k", O_CREAT | O_RDWR, 0600));
  show("nothing");
  fcntl(d, F_SETSIG, SIGRTMIN);
  P("one shot", fcntl(d, F_NOTIFY, DN_CREATE));
  close(open("d/l", O_CREAT | O_RDWR, 0600));
  close(open("d/m", O_CREAT | O_RDWR, 0600));
  show("one shot");
  printf("fd %d code %d band %x\n", fd == d, code, band);
  P("file", fcntl(f, F_NOTIFY, DN_CREATE));
  fcntl(d, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
  close(d);
  close(open("d/n", O_CREAT | O_RDWR, 0600));
  show("closed");
  return 0;
}
