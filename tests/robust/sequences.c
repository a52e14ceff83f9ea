/*
 * Random sequences of system calls with random arguments, among descriptors of every kind, each sequence in a child
 * with a time limit, as root or not. For lstar only: as root on a real kernel this would do harm.
 * usage: sequences SEED COUNT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t state;
static uint32_t next(void) {
  state = state * 6364136223846793005ull + 1442695040888963407ull;
  return state >> 33;
}

static char *good, *straddle, *readonly;
static const char *const names[] = {"/tmp",          "/tmp/file",   "/tmp/dir",     "/proc/self/maps", "/proc/self/mem", "/proc/self/fd/5", "/dev/null",
                                    "/dev/zero",     "/dev/tty",    "/dev/ptmx",    "/tmp/link",       "file",           "",                ".",
                                    "/tmp/fifo",     "/proc",       "/sys",         "tmpfs",           "proc",           "user.x",          "/proc/self/exe",
                                    "/proc/sys/net", "/tmp/socket", "/dev/shm/new", "/proc/net/tcp"};

/* Random bytes, small numbers, addresses: what structures may hold. */
static void fill(void) {
  uint64_t *words = (uint64_t *)good;
  for (int i = 0; i < 512; i++)
    switch (next() % 6) {
      case 0: words[i] = 0; break;
      case 1: words[i] = next() % 64; break;
      case 2: words[i] = (uintptr_t)good + next() % 8192; break;
      case 3: words[i] = next() % 8 | (uint64_t)(next() % 64) << 32; break;
      case 4: words[i] = (uint64_t)next() << 32 | next(); break;
      default: words[i] = next() % 3 ? 16 : -1ull; break;
    }
  for (int i = 0; i < 8; i++) strcpy(good + 4096 + i * 64, names[next() % (sizeof names / sizeof *names)]);
}

static unsigned long pick(void) {
  static const unsigned long fixed[] = {0,       -1UL,       3,          4096,       0x7fffffff,           0x80000000,
                                        0xffffffff, 1UL << 47, 1UL << 63, 1UL << 32, 0xffffffff81000000, 0xdead0000};
  switch (next() % 12) {
    case 0: return fixed[next() % (sizeof fixed / sizeof *fixed)];
    case 1: return next() % 2 ? (unsigned long)straddle : (unsigned long)readonly;
    case 2: case 3: return (unsigned long)good + 8 * (next() % 64);
    case 4: return (unsigned long)good + 4096 + 64 * (next() % 8);
    case 5: case 6: case 7: return 3 + next() % 40;
    case 8: return 1UL << (next() % 64);
    case 9: return next() % 512;
    case 10: return next() % 2 ? 0 : 1;
    default: return next();
  }
}

/* A descriptor of each kind, from 3 on. */
static void descriptors(void) {
  int p[2];
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/tmp/socket"};
  pipe(p);
  open("/tmp", O_RDONLY | O_DIRECTORY);
  open("/tmp/file", O_RDWR | O_CREAT, 0600);
  open("/tmp/file", O_PATH);
  int tcp = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
  socklen_t len = sizeof any;
  bind(tcp, (void *)&any, sizeof any);
  listen(tcp, 4);
  getsockname(tcp, (void *)&any, &len);
  connect(client, (void *)&any, len);
  accept(tcp, 0, 0);
  socket(AF_INET, SOCK_DGRAM, 0);
  socket(AF_INET6, SOCK_STREAM, 0);
  socket(AF_INET6, SOCK_DGRAM, 0);
  socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  socketpair(AF_UNIX, SOCK_STREAM, 0, p);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
  int listening = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  bind(listening, (void *)&un, sizeof un);
  listen(listening, 2);
  socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  int ep = epoll_create1(0);
  epoll_ctl(ep, EPOLL_CTL_ADD, 3, &(struct epoll_event){.events = EPOLLIN});
  eventfd(1, 0);
  timerfd_create(CLOCK_MONOTONIC, 0);
  sigset_t set;
  sigfillset(&set);
  signalfd(-1, &set, 0);
  inotify_add_watch(inotify_init(), "/tmp", IN_ALL_EVENTS);
  syscall(SYS_memfd_create, "m", 2);
  syscall(SYS_pidfd_open, getpid(), 0);
  struct mq_attr attr = {.mq_maxmsg = 2, .mq_msgsize = 8};
  mq_open("/q", O_RDWR | O_CREAT, 0600, &attr);
  open("/proc/self/mem", O_RDWR);
  open("/proc/self/status", O_RDONLY);
  open("/dev/ptmx", O_RDWR);
  open("/dev/zero", O_RDWR);
  open("/dev/random", O_RDWR);
}

static int forbidden(int nr) {
  switch (nr) {
    /* Ends the test, or whatever else runs; a second task on the same stack may do anything. */
    case SYS_exit: case SYS_exit_group: case SYS_kill: case SYS_tkill: case SYS_tgkill: case SYS_rt_sigqueueinfo: case SYS_rt_tgsigqueueinfo:
    case SYS_pidfd_send_signal: case SYS_clone: case SYS_clone3: case SYS_vfork: case SYS_reboot:
      return 1;
  }
  return 0;
}

static volatile pid_t running;
static void late(int sig) { kill(running, SIGKILL); }

int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], 0, 10) : 1;
  long count = argc > 2 ? atol(argv[2]) : 100, ended = 0;
  char *map = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(map + 4096, 4096);
  mprotect(map + 8192, 4096, PROT_READ);
  straddle = map + 4096 - 4, readonly = map + 8192;
  good = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mkdir("/tmp/dir", 0777);
  symlink("/tmp/file", "/tmp/link");
  mkfifo("/tmp/fifo", 0666);
  shmget(1, 8192, IPC_CREAT | 0666);
  semget(1, 4, IPC_CREAT | 0666);
  msgget(1, IPC_CREAT | 0666);
  signal(SIGALRM, late);
  /* The numbers of processes shall not be among the small ones, which are descriptors. */
  for (pid_t pid = 0; pid < 3000; waitpid(pid, 0, 0))
    if ((pid = fork()) == 0) _exit(0);
  for (long n = 0; n < count; n++) {
    state = seed * 1000003 + n;
    for (int i = 0; i < 8; i++) next();
    pid_t pid = fork();
    if (pid == 0) {
      setpgid(0, 0);
      signal(SIGALRM, SIG_DFL);
      struct rlimit limit = {50, 50};
      int null = open("/dev/null", O_RDWR);
      dup2(null, 0), dup2(null, 1), dup2(null, 2), close(null);
      descriptors();
      if (next() % 3 == 0) {
        setrlimit(RLIMIT_NPROC, &limit);
        setresgid(1000, 1000, 1000);
        setresuid(1000, 1000, 1000);
      }
      for (int calls = 5 + next() % 60; calls > 0; calls--) {
        int nr = next() % 463;
        if (forbidden(nr)) continue;
        fill();
        unsigned long a[6];
        for (int i = 0; i < 6; i++) a[i] = pick();
        /* A fork that comes back twice goes on twice: once is enough. */
        long r = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
        if (nr == SYS_fork && r == 0) _exit(0);
      }
      _exit(0);
    }
    int status;
    running = pid;
    alarm(2);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    alarm(0);
    kill(-pid, SIGKILL);
    ended++;
    while (waitpid(-1, &status, WNOHANG) > 0) {
    }
  }
  printf("%ld sequences ended\n", ended);
  return 0;
}
