// mq_notify with SIGEV_THREAD: a cookie of 32 bytes comes through a netlink socket; and what libc makes of it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/netlink.h>
#include <unistd.h>

static int notify(int mq, int fd, const void *cookie) {
  struct sigevent ev;
  memset(&ev, 0, sizeof ev);
  ev.sigev_notify = SIGEV_THREAD;
  ev.sigev_signo = fd;
  ev.sigev_value.sival_ptr = (void *)cookie;
  return syscall(SYS_mq_notify, mq, &ev);
}
static void say(const char *what, int r) { printf("%s: %d %s\n", what, r, r < 0 ? strerrorname_np(errno) : ""); }

static void take(int fd) {
  char got[64];
  struct sockaddr_nl from;
  socklen_t len = sizeof from;
  int n = recvfrom(fd, got, sizeof got, MSG_DONTWAIT, (struct sockaddr *)&from, &len);
  if (n < 0) printf("nothing: %s\n", strerrorname_np(errno));
  else printf("%d bytes, %.8s, last %d, from family %d port %u\n", n, got, got[31], from.nl_family, from.nl_pid);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int told;
static void function(union sigval v) {
  pthread_mutex_lock(&lock);
  told = v.sival_int;
  pthread_cond_signal(&cond);
  pthread_mutex_unlock(&lock);
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  char name[32], cookie[32] = "a cookie of 32 bytes, the last: ", buf[64];
  sprintf(name, "/lstar%d", getpid());
  struct mq_attr attr = {.mq_maxmsg = 4, .mq_msgsize = 64};
  int mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
  mq_unlink(name);
  int nl = socket(AF_NETLINK, SOCK_RAW, 0), un = socket(AF_UNIX, SOCK_STREAM, 0), p[2];
  if (pipe(p)) return 1;

  say("bad cookie", notify(mq, nl, (void *)8));
  say("no such descriptor", notify(mq, 99, cookie));
  say("a pipe", notify(mq, p[0], cookie));
  say("a Unix socket", notify(mq, un, cookie));
  say("no queue", notify(p[0], nl, cookie));
  say("no queue and no socket", notify(p[0], p[1], cookie));
  say("register", notify(mq, nl, cookie));
  say("again", notify(mq, nl, cookie));
  take(nl);
  mq_send(mq, "one", 3, 0);
  take(nl);
  mq_send(mq, "two", 3, 0);
  take(nl);
  mq_receive(mq, buf, sizeof buf, 0);
  mq_receive(mq, buf, sizeof buf, 0);
  memset(cookie, 'x', 32);
  say("register", notify(mq, nl, cookie));
  cookie[0] = 'y';
  say("remove", syscall(SYS_mq_notify, mq, 0));
  take(nl);
  say("register", notify(mq, nl, cookie));
  int copy = dup(mq);
  close(copy);
  take(nl);
  char line[128] = "";
  if (read(mq, line, sizeof line - 1) < 0) perror("read");
  char *pid = strstr(line, "NOTIFY_PID:");
  if (pid) *pid = 0;
  printf("%s\n", line);
  // A child is not who asked.
  say("register", notify(mq, nl, cookie));
  if (fork() == 0) {
    say("in a child: remove", syscall(SYS_mq_notify, mq, 0));
    take(nl);
    mq_send(mq, "from the child", 14, 0);
    _exit(0);
  }
  wait(0);
  take(nl);
  mq_receive(mq, buf, sizeof buf, 0);
  // The socket is gone when the message comes.
  say("register", notify(mq, nl, cookie));
  close(nl);
  say("send", mq_send(mq, "late", 4, 0));
  mq_receive(mq, buf, sizeof buf, 0);

  for (int i = 1; i <= 2; i++) {
    struct sigevent ev = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = function, .sigev_value.sival_int = i * 100};
    say("libc's", mq_notify(mq, &ev));
    mq_send(mq, "hello", 5, 0);
    pthread_mutex_lock(&lock);
    while (told != i * 100) pthread_cond_wait(&cond, &lock);
    printf("told %d\n", told);
    pthread_mutex_unlock(&lock);
    mq_receive(mq, buf, sizeof buf, 0);
  }
  return 0;
}
