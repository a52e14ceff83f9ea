/* Holds one of everything that a kernel keeps state for, then uses what it holds, round by round. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int bad;
static int must(const char *what, long r) {
  if (r < 0) {
    printf("%s failed\n", what);
    bad++;
  }
  return (int)r;
}
static int fds[64], nfds;
static int keep(const char *what, int fd) { return fds[nfds++] = must(what, fd); }

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int rounds;
static void *waiter(void *arg) {
  pthread_mutex_lock(&lock);
  while (rounds < 6) pthread_cond_wait(&cond, &lock);
  pthread_mutex_unlock(&lock);
  return arg;
}
static volatile int alarms;
static void on_alarm(int sig) { alarms += sig > 0; }

int main(void) {
  mkdir("/w/m", 0755);
  must("mount", mount("none", "/w/m", "tmpfs", 0, ""));
  must("bind", mount("/w", "/w/m", 0, MS_BIND, 0));
  int ep = keep("epoll", epoll_create1(0)), inner = keep("epoll", epoll_create1(0));
  struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.u64 = 0x123456789abcdef0};
  must("nest", epoll_ctl(ep, EPOLL_CTL_ADD, inner, &e));
  int ev = keep("eventfd", eventfd(3, EFD_SEMAPHORE));
  must("add", epoll_ctl(inner, EPOLL_CTL_ADD, ev, &e));
  int tfd = keep("timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
  struct itimerspec every = {{0, 700000}, {0, 700000}};
  must("settime", timerfd_settime(tfd, 0, &every, 0));
  must("add", epoll_ctl(ep, EPOLL_CTL_ADD, tfd, &e));
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, 0);
  int sfd = keep("signalfd", signalfd(-1, &set, SFD_NONBLOCK));
  int in = keep("inotify", inotify_init1(IN_NONBLOCK));
  must("watch", inotify_add_watch(in, "/w", IN_ALL_EVENTS));
  int un[2], tty, slave, net = keep("socket", socket(AF_INET, SOCK_STREAM, 0)), p[2];
  must("socketpair", socketpair(AF_UNIX, SOCK_SEQPACKET, 0, un));
  char rights[CMSG_SPACE(sizeof(int))] = {0}, byte = 'r';
  struct iovec iov = {&byte, 1};
  struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = rights, .msg_controllen = sizeof rights};
  struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
  c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), &ev, sizeof ev);
  must("rights in flight", sendmsg(un[0], &msg, 0));
  struct sockaddr_un name = {AF_UNIX, "/w/sock"};
  int listener = keep("socket", socket(AF_UNIX, SOCK_STREAM, 0)), dialer = keep("socket", socket(AF_UNIX, SOCK_STREAM, 0));
  must("bind", bind(listener, (void *)&name, sizeof name));
  must("listen", listen(listener, 4));
  must("connect", connect(dialer, (void *)&name, sizeof name));
  must("write", write(dialer, "waiting", 7));
  struct sockaddr_in lo = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(4000)};
  must("bind", bind(net, (void *)&lo, sizeof lo));
  must("listen", listen(net, 4));
  int tcp = keep("socket", socket(AF_INET, SOCK_STREAM, 0)), udp = keep("socket", socket(AF_INET, SOCK_DGRAM, 0));
  must("connect", connect(tcp, (void *)&lo, sizeof lo));
  must("write", write(tcp, "over lo", 7));
  must("bind", bind(udp, (void *)&lo, sizeof lo));
  must("sendto", sendto(udp, "datagram", 8, 0, (void *)&lo, sizeof lo));
  int nl = keep("netlink", socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  (void)nl;
  must("pipe", pipe(p));
  must("write", write(p[1], "in the pipe", 11));
  must("openpty", openpty(&tty, &slave, 0, 0, 0));
  must("write", write(tty, "typed\n", 6));
  int file = keep("open", open("/w/file", O_RDWR | O_CREAT, 0600)), mem = keep("memfd", memfd_create("m", MFD_ALLOW_SEALING));
  must("flock", flock(file, LOCK_EX));
  must("lock", fcntl(file, F_OFD_SETLK, &(struct flock){.l_type = F_WRLCK, .l_start = 10, .l_len = 5}));
  must("truncate", ftruncate(mem, 8192));
  char *shared = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, mem, 0);
  char *own = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  own[5000] = 7;
  int q = must("msgget", msgget(IPC_PRIVATE, 0600)), sem = must("semget", semget(IPC_PRIVATE, 2, 0600));
  int shm = must("shmget", shmget(IPC_PRIVATE, 4096, 0600));
  char *attached = shmat(shm, 0, 0);
  must("msgsnd", msgsnd(q, &(struct { long t; char c[8]; }){5, "message"}, 8, 0));
  mqd_t mq = mq_open("/q", O_RDWR | O_CREAT, 0600, &(struct mq_attr){.mq_maxmsg = 4, .mq_msgsize = 16});
  must("mq_send", mq_send(mq, "posix", 5, 3));
  timer_t timer;
  signal(SIGALRM, on_alarm);
  must("timer_create", timer_create(CLOCK_MONOTONIC, &(struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM}, &timer));
  must("timer_settime", timer_settime(timer, 0, &(struct itimerspec){{0, 900000}, {0, 900000}}, 0));
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, waiter, 0);
  pid_t child = fork();
  if (child == 0) {
    char line[16];
    // Asleep in a read of the terminal's other side until the parent writes.
    for (int i = 0; i < 7; i++)
      if (read(slave, line, sizeof line) <= 0) _exit(1);
    semop(sem, &(struct sembuf){0, 1, 0}, 1);
    _exit(own[5000]);
  }
  pid_t sleeper = fork();
  if (sleeper == 0) {
    flock(open("/w/file", O_RDWR), LOCK_EX);
    _exit(9);
  }
  printf("ready %d\n", bad);
  fflush(stdout);
  for (rounds = 0; rounds < 6; rounds++) {
    struct epoll_event got[4];
    int n = epoll_wait(ep, got, 4, 2000);
    unsigned long long ticks = 0;
    must("read", read(tfd, &ticks, 8));
    shared[rounds * 1000] = attached[rounds] = (char)('a' + rounds);
    must("kill", kill(getpid(), SIGUSR1));
    struct signalfd_siginfo si = {0};
    must("read", read(sfd, &si, sizeof si));
    must("write", write(tty, "more\n", 5));
    must("write", write(ev, &(unsigned long long){1}, 8));
    rename(rounds & 1 ? "/w/b" : "/w/a", rounds & 1 ? "/w/a" : "/w/b");
    close(open(rounds & 1 ? "/w/b" : "/w/a", O_CREAT | O_RDWR, 0600));
    printf("%d: %d %llu %d\n", rounds, n, ticks, si.ssi_signo);
    fflush(stdout);
    struct timespec nap = {0, 300000};
    while (nanosleep(&nap, &nap) < 0);
  }
  pthread_mutex_lock(&lock);
  pthread_cond_broadcast(&cond);
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
  char text[256] = {0};
  int accepted = accept(listener, 0, 0), over = accept(net, 0, 0), status;
  printf("%zd ", read(accepted, text, 200)), printf("%s ", text);
  printf("%zd ", read(over, text, 200)), printf("%s ", text);
  printf("%zd ", recv(udp, text, 200, 0)), printf("%s ", text);
  printf("%zd ", read(p[0], text, 200)), printf("%s\n", text);
  int passed = -1;
  must("recvmsg", recvmsg(un[1], &msg, 0));
  memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof passed);
  unsigned long long one = 0;
  printf("passed %zd %llu ", read(passed, &one, 8), one);
  struct { long t; char c[8]; } m;
  printf("%zd %s ", msgrcv(q, &m, 8, 0, 0), m.c);
  printf("%zd %.5s ", mq_receive(mq, text, 200, 0), text);
  printf("%c%c %d\n", shared[5000], attached[3], poll(&(struct pollfd){in, POLLIN, 0}, 1, 0));
  long events = 0;
  for (ssize_t n; (n = read(in, text, sizeof text)) > 0;) events += n;
  must("semop", semop(sem, &(struct sembuf){0, -1, 0}, 1));
  must("unlock", flock(file, LOCK_UN));
  for (int i = 0; i < 2; i++) {
    pid_t w = wait(&status);
    printf("%s %d\n", w == child ? "child" : "sleeper", WEXITSTATUS(status));
  }
  printf("%d alarms, %ld bytes of events, %d failed\n", alarms > 2, events, bad);
  return bad;
}
