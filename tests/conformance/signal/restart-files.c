// Reads and writes of slow files, opening a FIFO, locks, IPC: restarted or not.
#include "restart.h"
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
static int p[2], efd, ifd, sem, msg, tfd;
static pid_t child;
static void do_read(void) { static char b[65536]; read(p[0], b, sizeof b); }
static void do_event(void) { eventfd_write(efd, 1); }
static void do_touch(void) { close(open("touched", O_CREAT | O_WRONLY, 0600)); unlink("touched"); }
static void do_kill(void) { kill(child, SIGKILL); }
static void do_sem(void) { struct sembuf o = {0, 1, 0}; semop(sem, &o, 1); }
static void do_msg(void) { struct { long t; char c; } m = {1, 'x'}; msgsnd(msg, &m, 1, 0); }
static void do_usr1(void) { kill(getpid(), SIGUSR1); }
static void do_open(void) {
  if (fork() == 0) { open("fifo", O_WRONLY); _exit(0); }
}
static void locker(void) {
  int ready[2];
  pipe(ready);
  child = fork();
  if (child == 0) {
    int fd = open("lock", O_RDWR);
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    fcntl(fd, F_SETLK, &l);
    flock(fd, LOCK_EX);
    write(ready[1], "x", 1);
    for (;;) pause();
  }
  char c;
  read(ready[0], &c, 1);
  close(ready[0]), close(ready[1]);
}
static void reap(void) { kill(child, SIGKILL); while (waitpid(child, 0, 0) < 0 && errno == EINTR) ; }
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  pipe(p);
  efd = eventfd(0, 0);
  ifd = inotify_init1(0);
  inotify_add_watch(ifd, ".", IN_CREATE);
  sem = semget(IPC_PRIVATE, 1, 0600);
  msg = msgget(IPC_PRIVATE, 0600);
  sigset_t usr;
  sigemptyset(&usr), sigaddset(&usr, SIGUSR1);
  sigprocmask(SIG_BLOCK, &usr, 0);
  int sfd = signalfd(-1, &usr, 0);
  tfd = timerfd_create(CLOCK_MONOTONIC, 0);
  mkfifo("fifo", 0600);
  int lock = open("lock", O_CREAT | O_RDWR, 0600);
  static char big[65536];
  char b[512];
  for (int i = 0; i < 2; i++) {
    int flags = i ? SA_RESTART : 0;
    write(p[1], big, 65536);
    TRY("write to a full pipe", do_read, write(p[1], "x", 1));
    fcntl(p[0], F_SETFL, O_NONBLOCK);
    while (read(p[0], big, sizeof big) > 0) ;
    fcntl(p[0], F_SETFL, 0);
    TRY("partial write", do_read, write(p[1], big, 65536) + write(p[1], big, 1));
    fcntl(p[0], F_SETFL, O_NONBLOCK);
    while (read(p[0], big, sizeof big) > 0) ;
    fcntl(p[0], F_SETFL, 0);
    TRY("eventfd", do_event, read(efd, b, 8));
    TRY("signalfd", do_usr1, read(sfd, b, 128));
    struct itimerspec it = {{0, 0}, {0, 90000000}};
    timerfd_settime(tfd, 0, &it, 0);
    TRY("timerfd", 0, read(tfd, b, 8));
    TRY("inotify", do_touch, read(ifd, b, sizeof b) > 0 ? 0 : -1);
    struct sembuf down = {0, -1, 0};
    TRY("semop", do_sem, semop(sem, &down, 1));
    semctl(sem, 0, SETVAL, 0);
    struct timespec two = {2, 0};
    TRY("semtimedop", do_sem, semtimedop(sem, &down, 1, &two));
    semctl(sem, 0, SETVAL, 0);
    struct { long t; char c[8]; } m;
    TRY("msgrcv", do_msg, msgrcv(msg, &m, 8, 0, 0));
    msgrcv(msg, &m, 8, 0, IPC_NOWAIT);
    TRY("open of a FIFO", do_open, open("fifo", O_RDONLY) >= 0 ? 0 : -1);
    locker();
    TRY("flock", do_kill, flock(lock, LOCK_EX));
    reap();
    flock(lock, LOCK_UN);
    locker();
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    TRY("fcntl lock", do_kill, fcntl(lock, F_SETLKW, &l));
    reap();
    l.l_type = F_UNLCK;
    fcntl(lock, F_SETLK, &l);
  }
  semctl(sem, 0, IPC_RMID);
  msgctl(msg, IPC_RMID, 0);
  unlink("fifo"), unlink("lock");
  return 0;
}
