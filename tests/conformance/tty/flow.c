/* IXON: ^S stops output, ^Q and any character with IXANY start it. */
#include "pty.h"
static void try(const char *s) {
  int flags = fcntl(slave, F_GETFL);
  fcntl(slave, F_SETFL, flags | O_NONBLOCK);
  long n = write(slave, s, strlen(s));
  if (n < 0) printf("write: %s\n", strerror(errno));
  else printf("write: %ld\n", n);
  fcntl(slave, F_SETFL, flags);
}
int main(void) {
  open_pair();
  modes(0, ECHO, 0, 0, 0, 0);
  try("before");
  TYPE("\023");
  usleep(20000);
  try("stopped");
  struct pollfd p = {slave, POLLOUT, 0};
  printf("poll %d\n", poll(&p, 1, 0));
  TYPE("\021");
  usleep(20000);
  try("started");
  show_master("output");
  TYPE("\023x");
  usleep(20000);
  try("still stopped");
  modes(0, 0, IXANY, 0, 0, 0);
  TYPE("y");
  usleep(20000);
  try("any");
  show_master("output");
  TYPE("\n");
  show_slave("input");
  tcflow(slave, TCOOFF);
  try("suspended");
  TYPE("\021");
  usleep(20000);
  try("not by ^Q");
  tcflow(slave, TCOON);
  try("resumed");
  show_master("output");
  tcflow(slave, TCIOFF);
  tcflow(slave, TCION);
  show_master("start and stop sent");
  return 0;
}
