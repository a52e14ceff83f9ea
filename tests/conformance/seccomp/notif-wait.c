// While a call waits for its supervisor: signals, restarts, WAIT_KILLABLE_RECV, death on either side, poll's hang-up.
#include "seccomp.h"

static int listener;
static struct seccomp_notif n;
static volatile int handled;
static void handler(int sig) { handled++; }

static long recv_(void) {
  memset(&n, 0, sizeof n);
  return KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n));
}
static long send_(long val) {
  struct seccomp_notif_resp r = {.id = n.id, .val = val};
  return KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r));
}
static unsigned flags, sa_flags;
static pid_t start(void) {
  int p[2];
  pipe(p);
  fflush(stdout);
  // The table of descriptors is shared, so the listener needs no sending.
  pid_t c = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
  if (c == 0) {
    struct sigaction sa = {.sa_handler = handler, .sa_flags = sa_flags};
    sigaction(SIGUSR1, &sa, 0);
    int fd = INSTALL(SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, LOAD(NR), ON(SYS_getppid, SECCOMP_RET_USER_NOTIF), RET(SECCOMP_RET_ALLOW));
    write(p[1], &fd, 4);
    long r = KERNEL(syscall(SYS_getppid));
    dprintf(2, "  child: %ld, handler ran %d\n", r, handled);
    _exit(0);
  }
  read(p[0], &listener, 4);
  close(p[0]);
  close(p[1]);
  return c;
}
static void state(pid_t c, const char *what) {
  char path[64], b[256];
  usleep(30000);
  sprintf(path, "/proc/%d/stat", c);
  int fd = open(path, O_RDONLY);
  b[read(fd, b, 255)] = 0;
  close(fd);
  printf("%s: %c\n", what, strrchr(b, ')')[2]);
  fflush(stdout);
}
static void finish(pid_t c) {
  int status;
  waitpid(c, &status, 0);
  ended("child", status);
  close(listener);
}

int main(void) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  puts("interrupted before it was received");
  pid_t c = start();
  struct pollfd p = {listener, POLLIN, 0};
  poll(&p, 1, -1);
  state(c, "state");
  kill(c, SIGUSR1);
  finish(c);

  puts("interrupted after");
  c = start();
  show("recv", recv_());
  kill(c, SIGUSR1);
  finish(c);

  puts("too late");
  c = start();
  show("recv", recv_());
  kill(c, SIGUSR1);
  waitpid(c, 0, 0);
  show("valid", KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id)));
  show("send", send_(1));
  p = (struct pollfd){listener, POLLIN | POLLOUT, 0};
  printf("poll %d", poll(&p, 1, 0));
  printf(" %x\n", p.revents);
  show("recv with nobody left", recv_());
  close(listener);

  puts("restarted");
  sa_flags = SA_RESTART;
  c = start();
  show("recv", recv_());
  uint64_t id = n.id;
  kill(c, SIGUSR1);
  show("recv again", recv_());
  printf("another id: %d\n", n.id != id);
  show("send", send_(5));
  finish(c);

  puts("killable: the handler waits for the answer");
  sa_flags = 0;
  flags = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  c = start();
  show("recv", recv_());
  kill(c, SIGUSR1);
  state(c, "state");
  show("send", send_(6));
  finish(c);

  puts("killable: not yet received");
  c = start();
  p = (struct pollfd){listener, POLLIN, 0};
  poll(&p, 1, -1);
  kill(c, SIGUSR1);
  finish(c);

  puts("killed while it waits");
  c = start();
  show("recv", recv_());
  kill(c, SIGKILL);
  finish(c);

  puts("killable, killed");
  flags = 0;
  c = start();
  show("recv", recv_());
  kill(c, SIGKILL);
  waitpid(c, 0, 0);
  show("send", send_(1));
  close(listener);

  puts("the supervisor waits first");
  c = start();
  show("recv", recv_());
  show("send", send_(9));
  show("nobody left", recv_());
  finish(c);

  puts("the supervisor goes");
  c = start();
  p = (struct pollfd){listener, POLLIN, 0};
  poll(&p, 1, -1);
  close(listener);
  finish(c);
}
