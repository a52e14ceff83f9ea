// SO_PASSCRED, SCM_CREDENTIALS, SO_PEERCRED, SO_PEERGROUPS: who may claim what.
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int sv[2];
static void say(const char *what, long r) { printf("%s: %s\n", what, r < 0 ? strerror(errno) : "ok"); }
static long claim(pid_t pid, uid_t uid, gid_t gid) {
  char control[CMSG_SPACE(sizeof(struct ucred))] = {0};
  struct iovec v = {"c", 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_CREDENTIALS;
  c->cmsg_len = CMSG_LEN(sizeof(struct ucred));
  struct ucred u = {pid, uid, gid};
  memcpy(CMSG_DATA(c), &u, sizeof u);
  return sendmsg(sv[0], &m, 0);
}
static void take(const char *what, pid_t sender) {
  char control[200], b[10];
  struct iovec v = {b, 10};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  long r = recvmsg(sv[1], &m, MSG_DONTWAIT);
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  if (r < 0 || !c) {
    printf("%s: %ld bytes, no credentials\n", what, r);
    return;
  }
  struct ucred u;
  memcpy(&u, CMSG_DATA(c), sizeof u);
  printf("%s: %ld bytes, pid %s, uid %d, gid %d\n", what, r, u.pid == sender ? "the sender's" : u.pid == getpid() ? "mine" : u.pid == 1 ? "1" : "another", u.uid, u.gid);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  int on = 1;
  struct ucred u;
  socklen_t n = sizeof u;
  gid_t groups[] = {7, 8, 9};
  setgroups(3, groups);
  socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
  getsockopt(sv[0], SOL_SOCKET, SO_PEERCRED, &u, &n);
  printf("peer: %d %d %d\n", u.pid == getpid(), u.uid, u.gid);
  gid_t g[10];
  n = 4;
  say("groups, no room", getsockopt(sv[0], SOL_SOCKET, 59, g, &n));
  printf("needs %u\n", n);
  n = sizeof g;
  say("groups", getsockopt(sv[0], SOL_SOCKET, 59, g, &n));
  printf("%u: %d %d %d\n", n, g[0], g[1], g[2]);
  write(sv[0], "a", 1);
  take("not asked", getpid());
  setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  write(sv[0], "b", 1);
  take("implicit", getpid());
  say("root claims another pid", claim(1, 5, 6));
  take("claimed", getpid());
  say("no such pid", claim(0x3ffffff, 0, 0));
  pid_t child = fork();
  if (child == 0) {
    write(sv[0], "x", 1);
    setgid(1001);
    setuid(1000);
    write(sv[0], "y", 1);
    say("child claims itself", claim(getpid(), 1000, 1001));
    say("child claims root", claim(getpid(), 0, 1001));
    say("child claims a group", claim(getpid(), 1000, 0));
    say("child claims its parent", claim(getppid(), 1000, 1001));
    _exit(0);
  }
  wait(NULL);
  take("from the child as root", child);
  take("from the child as 1000, with its claim", child);
  take("nothing more", child);
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  n = sizeof u;
  getsockopt(s, SOL_SOCKET, SO_PEERCRED, &u, &n);
  printf("unconnected: %d %d %d\n", u.pid, u.uid, u.gid);
}
