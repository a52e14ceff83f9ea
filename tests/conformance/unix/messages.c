// sendmmsg, recvmmsg and hostile message headers.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int sv[2];
static void say(const char *what, long r) { printf("%s: %ld %s\n", what, r, r < 0 ? strerror(errno) : ""); }

int main(void) {
  socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv);
  struct iovec out[5], in[5];
  struct mmsghdr m[5], g[5];
  char texts[5][10], b[5][10];
  memset(m, 0, sizeof m);
  memset(g, 0, sizeof g);
  for (int i = 0; i < 5; i++) {
    snprintf(texts[i], 10, "text %d", i);
    out[i] = (struct iovec){texts[i], strlen(texts[i]) - (i == 3)};
    in[i] = (struct iovec){b[i], 10};
    m[i].msg_hdr.msg_iov = &out[i];
    m[i].msg_hdr.msg_iovlen = g[i].msg_hdr.msg_iovlen = 1;
    g[i].msg_hdr.msg_iov = &in[i];
  }
  say("sendmmsg", sendmmsg(sv[0], m, 5, 0));
  printf("lengths %u %u %u\n", m[0].msg_len, m[3].msg_len, m[4].msg_len);
  say("recvmmsg 3", recvmmsg(sv[1], g, 3, 0, NULL));
  say("wait for one", recvmmsg(sv[1], g, 5, MSG_WAITFORONE, NULL));
  struct timespec t = {0, 10000000};
  sendmmsg(sv[0], m, 2, 0);
  say("none", recvmmsg(sv[1], g, 0, MSG_DONTWAIT, NULL));
  say("do not wait", recvmmsg(sv[1], g, 5, MSG_DONTWAIT, &t));
  say("nothing there", recvmmsg(sv[1], g, 5, MSG_DONTWAIT, &t));
  t.tv_nsec = 1000000000;
  say("bad time", recvmmsg(sv[1], g, 5, MSG_DONTWAIT, &t));
  struct msghdr h;
  memset(&h, 0, sizeof h);
  say("no vectors", sendmsg(sv[0], &h, 0));
  h.msg_iovlen = 1025;
  say("too many vectors", sendmsg(sv[0], &h, 0));
  h.msg_iovlen = 1;
  say("vector at 0", sendmsg(sv[0], &h, 0));
  h.msg_iov = out;
  h.msg_namelen = -1;
  say("negative name, no name", sendmsg(sv[0], &h, 0));
  h.msg_name = b;
  say("negative name", sendmsg(sv[0], &h, 0));
  h.msg_name = NULL;
  h.msg_control = (void *)8;
  h.msg_controllen = 16;
  say("control at 8", sendmsg(sv[0], &h, 0));
  h.msg_controllen = 1ul << 40;
  say("huge control", sendmsg(sv[0], &h, 0));
  char control[64] = {0};
  struct cmsghdr *c = (void *)control;
  h.msg_control = control;
  h.msg_controllen = 32;
  say("length 0", sendmsg(sv[0], &h, 0));
  c->cmsg_len = 40;
  say("too long", sendmsg(sv[0], &h, 0));
  c->cmsg_len = 20;
  say("level 0", sendmsg(sv[0], &h, 0));
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = 77;
  say("type 77", sendmsg(sv[0], &h, 0));
  h.msg_controllen = 15;
  say("shorter than a header", sendmsg(sv[0], &h, 0));
  say("header at 8", sendmsg(sv[0], (void *)8, 0));
  say("receive at 8", recvmsg(sv[1], (void *)8, 0));
  say("send from 8", send(sv[0], (void *)8, 4, 0));
  send(sv[0], "data", 4, 0);
  for (int i = 0; i < 6; i++) recv(sv[1], b, 10, MSG_DONTWAIT);
  say("all gone", recv(sv[1], b, 10, MSG_DONTWAIT));
  send(sv[0], "data", 4, 0);
  say("receive to 8", recv(sv[1], (void *)8, 4, 0));
}
