// POSIX message queues: creation and attributes, priorities, limits, waiting on both sides, time-outs, notification, rights, poll.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAY(x) ({ errno = 0; long r_ = (long)(x); printf("%s = %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); r_; })

static mqd_t q;
static char name[40], buf[9000];

static void attr(const char *when) {
  struct mq_attr a;
  memset(&a, 0xff, sizeof a);
  mq_getattr(q, &a);
  printf("%s: flags %lo maxmsg %ld msgsize %ld curmsgs %ld\n", when, a.mq_flags, a.mq_maxmsg, a.mq_msgsize, a.mq_curmsgs);
}
static void receive(void) {
  unsigned prio = 99;
  errno = 0;
  memset(buf, 0, sizeof buf);
  long n = mq_receive(q, buf, sizeof buf, &prio);
  printf("received %ld <%s> priority %u %s\n", n, buf, prio, n < 0 ? strerror(errno) : "");
}
static void status(void) {
  char t[200];
  lseek(q, 0, SEEK_SET);
  long n = read(q, t, sizeof t - 1);
  t[n > 0 ? n : 0] = 0;
  char *pid = strstr(t, "NOTIFY_PID:");
  if (pid) *pid = 0;
  printf("read: %s|\n", t);
}
static void polled(void) {
  struct pollfd p = {q, POLLIN | POLLOUT, 0};
  poll(&p, 1, 0);
  printf("poll %x\n", p.revents);
}
static volatile int told;
static void on_signal(int s, siginfo_t *i, void *u) {
  told++;
  printf("told: signal %d code %d value %d pid is mine %d uid %d\n", s, i->si_code, i->si_value.sival_int, i->si_pid == getpid(), i->si_uid);
}
static void nothing(int s) {}
static void sleeping(pid_t p) {
  char path[64], line[256], state = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", p);
  while (state != 'S') {
    FILE *f = fopen(path, "r");
    if (f && fgets(line, sizeof line, f)) state = strrchr(line, ')')[2];
    if (f) fclose(f);
    usleep(1000);
  }
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  snprintf(name, sizeof name, "/lstar-%d", getpid());
  umask(022);
  SAY(mq_open(name, O_RDWR));
  SAY(mq_open("/a/b", O_RDWR | O_CREAT, 0600, 0));
  SAY(mq_open("/", O_RDWR | O_CREAT, 0600, 0));
  SAY(mq_open("/..", O_RDWR | O_CREAT, 0600, 0));
  struct mq_attr a = {.mq_maxmsg = 3, .mq_msgsize = 20}, bad = {.mq_maxmsg = 0, .mq_msgsize = 20}, huge = {.mq_maxmsg = 10, .mq_msgsize = 1 << 25};
  SAY(mq_open(name, O_RDWR | O_CREAT, 0600, &bad));
  SAY(mq_open(name, O_RDWR | O_CREAT, 0600, &huge));
  q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0666, &a);
  SAY(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0666, &a));
  printf("close on exec %d\n", fcntl(q, F_GETFD));
  struct stat st;
  fstat(q, &st);
  printf("mode %o size %ld links %ld\n", st.st_mode, (long)st.st_size, (long)st.st_nlink);
  attr("new");
  polled();
  SAY(mq_send(q, "low", 4, 1));
  SAY(mq_send(q, "high", 5, 9));
  SAY(mq_send(q, "low again", 10, 1));
  SAY(mq_send(q, "x", 1, 32768));
  SAY(mq_send(q, buf, 21, 0));
  attr("full");
  polled();
  status();
  struct timespec past = {1, 0}, wrong = {1, -1};
  SAY(mq_timedsend(q, "x", 1, 0, &past));
  SAY(mq_timedsend(q, "x", 1, 0, &wrong));
  a.mq_flags = O_NONBLOCK;
  SAY(mq_setattr(q, &a, 0));
  SAY(mq_send(q, "x", 1, 0));
  a.mq_flags = 0;
  SAY(mq_setattr(q, &a, 0));
  a.mq_flags = 1;
  SAY(mq_setattr(q, &a, 0));

  // A sender that waits gets the room of what is received.
  pid_t c = fork();
  if (c == 0) _exit(mq_send(q, "waited", 7, 5) < 0 ? errno : 0);
  sleeping(c);
  receive();
  int w;
  waitpid(c, &w, 0);
  printf("sender ended %d\n", WEXITSTATUS(w));
  attr("still full");
  receive();
  receive();
  receive();
  SAY(mq_receive(q, buf, 19, 0));
  SAY(mq_timedreceive(q, buf, 20, 0, &past));
  polled();

  // A receiver that waits is handed the message.
  c = fork();
  if (c == 0) {
    receive();
    _exit(0);
  }
  sleeping(c);
  SAY(mq_send(q, "handed over", 12, 3));
  waitpid(c, 0, 0);
  attr("empty");

  // Notification: once, for a message in an empty queue.
  struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &sa, 0);
  struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 4711};
  struct sigevent none = {.sigev_notify = SIGEV_NONE}, odd = {.sigev_notify = 77}, sig = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65};
  SAY(mq_notify(q, &odd));
  SAY(mq_notify(q, &sig));
  SAY(mq_notify(-1, &ev));
  SAY(mq_notify(q, &ev));
  status();
  SAY(mq_notify(q, &none));
  if (fork() == 0) {
    SAY(mq_notify(q, &none));
    SAY(mq_notify(q, 0));
    _exit(0);
  }
  wait(0);
  SAY(mq_send(q, "tell", 5, 0));
  SAY(mq_send(q, "not again", 10, 0));
  status();
  SAY(mq_notify(q, &ev));
  receive();
  receive();
  SAY(mq_send(q, "tell", 5, 0));
  receive();
  SAY(mq_notify(q, &ev));
  SAY(mq_notify(q, 0));
  SAY(mq_send(q, "untold", 7, 0));
  receive();
  SAY(mq_notify(q, &none));
  status();
  mqd_t again = mq_open(name, O_RDONLY);
  SAY(mq_close(again));
  status();
  printf("told %d times\n", told);

  // A signal ends the wait, unless the call is restarted.
  struct sigaction plain = {.sa_handler = nothing};
  sigaction(SIGUSR2, &plain, 0);
  c = fork();
  if (c == 0) _exit(mq_receive(q, buf, 20, 0) < 0 ? errno : 0);
  sleeping(c);
  kill(c, SIGUSR2);
  waitpid(c, &w, 0);
  printf("signal: %s\n", strerror(WEXITSTATUS(w)));

  mqd_t r = mq_open(name, O_RDONLY), wr = mq_open(name, O_WRONLY);
  SAY(mq_send(r, "x", 1, 0));
  SAY(mq_receive(wr, buf, 20, 0));
  SAY(mq_send(0, "x", 1, 0));
  SAY(write(wr, "x", 1));
  if (fork() == 0) {
    setgid(1000), setuid(1000);
    SAY(mq_open(name, O_RDWR));
    printf("reading %d\n", mq_open(name, O_RDONLY) >= 0);
    SAY(mq_unlink(name));
    _exit(0);
  }
  wait(0);
  SAY(mq_unlink(name));
  SAY(mq_unlink(name));
  SAY(mq_send(wr, "outlives its name", 18, 2));
  receive();
  fstat(q, &st);
  printf("links %ld\n", (long)st.st_nlink);
  return 0;
}
