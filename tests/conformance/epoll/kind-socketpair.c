// A pair of each type of Unix socket, in every mode.
#include "modes.h"
static int s[2];
static void fill(void) { send(s[1], "zzz", 3, 0); }
static void drain(void) {
  char b[100];
  while (recv(s[0], b, sizeof b, MSG_DONTWAIT) > 0);
}
static char block[4096];
static void stuff(void) {
  while (send(s[0], block, sizeof block, MSG_DONTWAIT) > 0);
}
static void empty(void) {
  while (recv(s[1], block, sizeof block, MSG_DONTWAIT) > 0);
}
int main(void) {
  static const struct {
    const char *name;
    int type;
  } t[] = {{"stream", SOCK_STREAM}, {"datagram", SOCK_DGRAM}, {"seqpacket", SOCK_SEQPACKET}};
  for (int i = 0; i < 3; i++) {
    socketpair(AF_UNIX, t[i].type, 0, s);
    modes(t[i].name, s[0], ALL, fill, drain);
    modes(t[i].name, s[0], EPOLLIN, fill, drain);
    stuff();
    modes("writing", s[0], EPOLLOUT, empty, stuff);
    close(s[0]);
    close(s[1]);
  }
  return 0;
}
