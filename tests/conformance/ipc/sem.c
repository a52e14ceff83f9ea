// Semaphore sets: all operations or none, waiting for growth and for zero, undo, removal, values and limits.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAY(x) ({ errno = 0; long r_ = (long)(x); printf("%s = %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); r_; })

union semun { int val; struct semid_ds *buf; unsigned short *array; };
static int id;

static int op1(int num, int op, int flags) {
  struct sembuf b = {num, op, flags};
  return semop(id, &b, 1);
}
static void show(const char *when) {
  unsigned short v[3];
  semctl(id, 0, GETALL, (union semun){.array = v});
  printf("%s: %d %d %d; wait for growth %d %d, for zero %d %d\n", when, v[0], v[1], v[2], semctl(id, 0, GETNCNT), semctl(id, 1, GETNCNT),
         semctl(id, 0, GETZCNT), semctl(id, 1, GETZCNT));
}
static void until(int num, int cmd, int n) {
  while (semctl(id, num, cmd) != n) usleep(1000);
}
static void on_signal(int s) { (void)s; }

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  SAY(semget(IPC_PRIVATE, 0, 0600));
  SAY(semget(IPC_PRIVATE, -1, 0600));
  SAY(semget(IPC_PRIVATE, 40000, 0600));
  id = semget(IPC_PRIVATE, 3, 0600);
  show("new");
  unsigned short init[3] = {2, 0, 5};
  SAY(semctl(id, 0, SETALL, (union semun){.array = init}));
  init[1] = 40000;
  SAY(semctl(id, 0, SETALL, (union semun){.array = init}));
  SAY(semctl(id, 1, SETVAL, (union semun){.val = 32768}));
  SAY(semctl(id, 1, SETVAL, (union semun){.val = -1}));
  SAY(semctl(id, 3, SETVAL, (union semun){.val = 1}));
  SAY(semctl(id, 3, GETVAL));
  SAY(semctl(id, 0, GETPID) == getpid());
  SAY(semctl(id, 0, 77));

  struct sembuf both[2] = {{0, -1, 0}, {1, -1, IPC_NOWAIT}};
  SAY(semop(id, both, 2));
  show("all or nothing");
  SAY(op1(3, 1, 0));
  SAY(op1(0, 32767, 0));
  SAY(semop(id, both, 0));
  SAY(semop(id, both, 501));
  SAY(semop(id, (struct sembuf *)8, 1));
  SAY(semop(-1, both, 1));
  struct sembuf twice[2] = {{0, -1, 0}, {0, -1, 0}};
  SAY(semop(id, twice, 2));
  struct timespec ts = {0, 20000000}, bad = {0, 2000000000};
  struct sembuf down = {1, -1, 0};
  SAY(semtimedop(id, &down, 1, &ts));
  SAY(semtimedop(id, &down, 1, &bad));
  show("after a timeout");

  // One waits for growth, one for zero.
  SAY(semctl(id, 0, SETVAL, (union semun){.val = 1}));
  pid_t a = fork();
  if (a == 0) _exit(op1(1, -2, 0) < 0 ? errno : 0);
  until(1, GETNCNT, 1);
  pid_t b = fork();
  if (b == 0) _exit(op1(0, 0, 0) < 0 ? errno : 0);
  until(0, GETZCNT, 1);
  show("both wait");
  SAY(op1(1, 1, 0));
  show("one is not enough");
  SAY(op1(1, 1, 0));
  int st;
  waitpid(a, &st, 0);
  printf("first ended %d\n", WEXITSTATUS(st));
  SAY(semctl(id, 1, GETPID) == a);
  SAY(op1(0, -1, 0));
  waitpid(b, &st, 0);
  printf("second ended %d\n", WEXITSTATUS(st));

  // Undone at the end of a process; a value set in between forgets it.
  if (fork() == 0) {
    op1(2, -3, SEM_UNDO);
    op1(0, 4, SEM_UNDO);
    show("child");
    _exit(0);
  }
  wait(0);
  show("undone");
  SAY(semctl(id, 2, GETPID) != getpid());
  int pipes[2];
  pipe(pipes);
  a = fork();
  if (a == 0) {
    char c;
    close(pipes[1]);
    op1(2, -3, SEM_UNDO);
    semctl(id, 0, SETVAL, (union semun){.val = 9});
    read(pipes[0], &c, 1);
    _exit(0);
  }
  until(0, GETVAL, 9);
  SAY(semctl(id, 2, SETVAL, (union semun){.val = 7}));
  close(pipes[1]);
  waitpid(a, 0, 0);
  show("not undone");

  // A killed process's undo lets another one go on.
  a = fork();
  if (a == 0) {
    op1(2, -7, SEM_UNDO);
    for (;;) pause();
  }
  until(2, GETVAL, 0);
  b = fork();
  if (b == 0) _exit(op1(2, -1, 0) < 0 ? errno : 0);
  until(2, GETNCNT, 1);
  kill(a, SIGKILL);
  waitpid(a, 0, 0);
  waitpid(b, &st, 0);
  printf("took over %d\n", WEXITSTATUS(st));
  show("after the kill");

  // A signal ends the wait, even with SA_RESTART.
  struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &sa, 0);
  a = fork();
  if (a == 0) _exit(op1(1, -1, 0) < 0 ? errno : 0);
  until(1, GETNCNT, 1);
  kill(a, SIGUSR1);
  waitpid(a, &st, 0);
  printf("signal: %s\n", strerror(WEXITSTATUS(st)));
  show("nobody waits");

  struct semid_ds d;
  SAY(semctl(id, 0, IPC_STAT, (union semun){.buf = &d}));
  printf("nsems %lu mode %o otime %d ctime %d\n", (unsigned long)d.sem_nsems, d.sem_perm.mode, d.sem_otime != 0, d.sem_ctime != 0);
  if (fork() == 0) {
    setuid(1000);
    SAY(semctl(id, 0, GETVAL));
    SAY(op1(0, 1, 0));
    SAY(semctl(id, 0, IPC_RMID));
    _exit(0);
  }
  wait(0);
  // Removal ends the waits.
  a = fork();
  if (a == 0) _exit(op1(1, -1, 0) < 0 ? errno : 0);
  until(1, GETNCNT, 1);
  SAY(semctl(id, 0, IPC_RMID));
  waitpid(a, &st, 0);
  printf("removed: %s\n", strerror(WEXITSTATUS(st)));
  SAY(op1(1, 1, 0));
  return 0;
}
