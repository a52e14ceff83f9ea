// User notification: a supervisor answers calls: value, errno, go on; ids, states, poll, descriptors that it puts in.
#include "seccomp.h"

static int listener;
static pid_t child;
static struct seccomp_notif n;
static struct seccomp_notif_resp r;

static long recv_(void) {
  memset(&n, 0, sizeof n);
  return KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n));
}
static long send_(long val, int error, unsigned flags) {
  memset(&r, 0, sizeof r);
  r.id = n.id;
  r.val = val;
  r.error = error;
  r.flags = flags;
  return KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r));
}
static void events(const char *what) {
  struct pollfd p = {listener, POLLIN | POLLOUT, 0};
  printf("%s: poll %d", what, poll(&p, 1, 0));
  printf(" %x\n", p.revents);
  fflush(stdout);
}
/** A socket pair carries the listener from the child to its parent. */
static void send_fd(int s, int fd) {
  char c = 0, b[CMSG_SPACE(4)];
  struct iovec iov = {&c, 1};
  struct msghdr m = {0, 0, &iov, 1, b, sizeof b, 0};
  struct cmsghdr *h = CMSG_FIRSTHDR(&m);
  h->cmsg_level = SOL_SOCKET;
  h->cmsg_type = SCM_RIGHTS;
  h->cmsg_len = CMSG_LEN(4);
  memcpy(CMSG_DATA(h), &fd, 4);
  sendmsg(s, &m, 0);
}
static int recv_fd(int s) {
  char c, b[CMSG_SPACE(4)];
  struct iovec iov = {&c, 1};
  struct msghdr m = {0, 0, &iov, 1, b, sizeof b, 0};
  int fd = -1;
  if (recvmsg(s, &m, 0) <= 0) return -1;
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), 4);
  return fd;
}
/** The child speaks on the other stream, so that it does not matter who comes first. */
static void tell(const char *s) { write(2, s, strlen(s)); }
static char line[200];
static void say(const char *what, long v) {
  sprintf(line, "  child %s: %ld\n", what, v);
  tell(line);
}

static void supervised(int s) {
  int fd = INSTALL(SECCOMP_FILTER_FLAG_NEW_LISTENER, LOAD(NR), ON(SYS_getppid, SECCOMP_RET_USER_NOTIF), ON(SYS_mkdir, SECCOMP_RET_USER_NOTIF),
                   RET(SECCOMP_RET_ALLOW));
  say("second listener", INSTALL(SECCOMP_FILTER_FLAG_NEW_LISTENER, RET(SECCOMP_RET_ALLOW)));
  say("close-on-exec", fcntl(fd, F_GETFD));
  char link[64] = {0}, path[32];
  sprintf(path, "/proc/self/fd/%d", fd);
  readlink(path, link, 63);
  sprintf(line, "  %s read %d\n", link, (int)KERNEL(read(fd, line, 1)));
  tell(line);
  send_fd(s, fd);
  close(fd);
  say("getppid", KERNEL(syscall(SYS_getppid, 1, 2, 3)));
  say("getppid", KERNEL(syscall(SYS_getppid)));
  say("getppid is parent", KERNEL(syscall(SYS_getppid)) > 1);
  say("mkdir", KERNEL(mkdir("made", 0700)));
  say("is there", KERNEL(access("made", F_OK)));
  say("getppid big", KERNEL(syscall(SYS_getppid)));
  say("fd", KERNEL(syscall(SYS_getppid)));
  char b[16] = {0};
  say("read it", read(30, b, 5));
  tell(b);
  say("flags", fcntl(30, F_GETFD));
  long got = KERNEL(syscall(SYS_getppid));
  say("fd by answer", got);
  say("read it", read(got, b, 5));
  say("after close", KERNEL(syscall(SYS_getppid)));
  say("after close", KERNEL(syscall(SYS_getppid)));
  _exit(3);
}

int main(void) {
  int s[2], status;
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  child = fork();
  if (child == 0) supervised(s[1]);
  listener = recv_fd(s[0]);
  struct pollfd p = {listener, POLLIN, 0};
  poll(&p, 1, -1);
  events("asked");
  memset(&n, 1, sizeof n);
  show("not zero", KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n)));
  show("null", KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, 0)));
  show("recv", recv_());
  printf("pid %d flags %x nr %d arch %x args %lld %lld %lld ip %d\n", n.pid == child, n.flags, n.data.nr, n.data.arch, n.data.args[0],
         n.data.args[1], n.data.args[2], n.data.instruction_pointer != 0);
  events("received");
  uint64_t id = n.id;
  show("valid", KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id)));
  show("wrong dir", KERNEL(ioctl(listener, _IOR('!', 2, uint64_t), &id)));
  id += 1;
  show("not valid", KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id)));
  show("unknown ioctl", KERNEL(ioctl(listener, _IO('!', 99), 0)));
  show("flags", send_(0, 0, 2));
  show("continue with value", send_(1, 0, 1));
  show("continue with error", send_(0, -1, 1));
  show("send", send_(1234, 0, 0));
  usleep(20000);
  show("twice", send_(1234, 0, 0));
  show("null", KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, 0)));

  show("recv", recv_());
  show("ids are consecutive", n.id == id);
  show("error", send_(77, -ENOTDIR, 0));
  show("recv", recv_());
  show("continue", send_(0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE));
  show("recv mkdir", recv_());
  printf("nr %d mode %llo\n", n.data.nr, n.data.args[1]);
  show("pretend", send_(0, 0, 0));
  show("recv", recv_());
  show("large", send_(0x123456789abcdef, 0, 0));

  show("recv", recv_());
  int pipefd[2];
  pipe(pipefd);
  write(pipefd[1], "hello world", 11);
  struct seccomp_notif_addfd a = {.id = n.id, .srcfd = pipefd[0], .newfd = 30, .newfd_flags = O_CLOEXEC};
  show("newfd without setfd", KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a)));
  a.flags = 8;
  show("flags", KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a)));
  a.flags = SECCOMP_ADDFD_FLAG_SETFD;
  a.newfd_flags = 1;
  show("newfd_flags", KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a)));
  a.newfd_flags = O_CLOEXEC;
  a.srcfd = 99;
  show("srcfd", KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a)));
  a.srcfd = pipefd[0];
  a.id++;
  show("id", KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a)));
  a.id--;
  a.newfd = 100000000;
  show("newfd too large", KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a)));
  a.newfd = 30;
  show("addfd", KERNEL(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a)));
  show("small", KERNEL(ioctl(listener, _IOC(_IOC_WRITE, '!', 3, 16), &a)));
  char large[64] = {0};
  memcpy(large, &a, sizeof a);
  show("large", KERNEL(ioctl(listener, _IOC(_IOC_WRITE, '!', 3, 64), large)));
  large[40] = 1;
  show("large and not zero", KERNEL(ioctl(listener, _IOC(_IOC_WRITE, '!', 3, 64), large)));
  show("send", send_(0, 0, 0));

  show("recv", recv_());
  struct seccomp_notif_addfd b = {.id = n.id, .flags = SECCOMP_ADDFD_FLAG_SEND, .srcfd = pipefd[0]};
  printf("addfd and send: %d\n", ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &b) > 2);
  usleep(20000);
  show("no second answer", send_(0, 0, 0));
  show("recv", recv_());
  close(listener);
  waitpid(child, &status, 0);
  ended("child", status);
}
