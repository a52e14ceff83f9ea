// Message queues: types, order, sizes, full queues, waiting senders and receivers, MSG_COPY, limits, removal.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif
#define SAY(x) ({ errno = 0; long r_ = (long)(x); printf("%s = %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); r_; })

struct m { long type; char text[9000]; };
static int id;
static struct m in, out;

static int snd(long type, const char *text, int flags) {
  out.type = type;
  strcpy(out.text, text);
  return msgsnd(id, &out, strlen(text), flags);
}
static void rcv(size_t size, long type, int flags) {
  memset(&in, 0, sizeof in);
  errno = 0;
  long n = msgrcv(id, &in, size, type, flags);
  printf("receive %ld flags %o: %ld type %ld <%.20s> %s\n", type, flags, n, in.type, in.text, n < 0 ? strerror(errno) : "");
}
static void show(const char *when) {
  struct msqid_ds d;
  if (msgctl(id, IPC_STAT, &d) < 0) {
    printf("%s: %s\n", when, strerror(errno));
    return;
  }
  printf("%s: %lu messages, %lu bytes of %lu, mode %o, lspid %d lrpid %d\n", when, (unsigned long)d.msg_qnum, (unsigned long)d.__msg_cbytes,
         (unsigned long)d.msg_qbytes, d.msg_perm.mode, d.msg_lspid == 0 ? 0 : d.msg_lspid == getpid() ? 1 : 2,
         d.msg_lrpid == 0 ? 0 : d.msg_lrpid == getpid() ? 1 : 2);
}
static void on_signal(int s) { (void)s; }
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
  key_t key = 0x5b000000 | (getpid() & 0xffffff);
  SAY(msgget(key, 0600));
  id = msgget(key, IPC_CREAT | 0620);
  printf("again %d\n", msgget(key, IPC_CREAT | 0600) == id);
  SAY(msgget(key, IPC_CREAT | IPC_EXCL | 0600));
  show("new");
  SAY(snd(3, "three", 0));
  SAY(snd(1, "one", 0));
  SAY(snd(2, "two", 0));
  SAY(snd(1, "one more", 0));
  SAY(snd(5, "", 0));
  SAY(snd(0, "zero", 0));
  SAY(snd(-1, "minus", 0));
  SAY(msgsnd(id, &out, 8193, IPC_NOWAIT));
  SAY(msgsnd(id, &out, -1, IPC_NOWAIT));
  SAY(msgsnd(-1, &out, 1, 0));
  SAY(msgsnd(id, (void *)8, 1, 0));
  show("five");
  rcv(3, 3, 0);
  rcv(3, 2, MSG_NOERROR);
  rcv(100, 2, MSG_COPY | IPC_NOWAIT);
  rcv(100, 99, MSG_COPY | IPC_NOWAIT);
  rcv(100, 0, MSG_COPY);
  rcv(100, 0, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT);
  rcv(100, -2, 0);
  rcv(100, 3, MSG_EXCEPT);
  rcv(100, 7, IPC_NOWAIT);
  rcv(100, 0, 0);
  rcv(100, -100, IPC_NOWAIT);
  rcv(100, 0, IPC_NOWAIT);
  show("empty");
  SAY(snd(4, "lost", 0));
  SAY(msgrcv(id, (void *)8, 10, 0, 0));
  show("a fault loses it");
  SAY(msgrcv(-1, &in, 10, 0, 0));
  SAY(msgrcv(id, &in, -1, 0, 0));

  // Full: the sender waits until there is room.
  memset(out.text, 'x', sizeof out.text);
  out.type = 9;
  int n = 0;
  while (msgsnd(id, &out, 4000, IPC_NOWAIT) == 0) n++;
  printf("%d fit, then %s\n", n, strerror(errno));
  pid_t a = fork();
  if (a == 0) _exit(msgsnd(id, &out, 3000, 0) < 0 ? errno : 0);
  sleeping(a);
  show("full");
  rcv(9000, 0, 0);
  int st;
  waitpid(a, &st, 0);
  printf("sent %d\n", WEXITSTATUS(st));
  show("one for one");
  while (msgrcv(id, &in, 9000, 0, IPC_NOWAIT) >= 0);

  // Receivers wait for what they want.
  pid_t c[3];
  for (int i = 0; i < 3; i++) {
    c[i] = fork();
    if (c[i] == 0) {
      long r = msgrcv(id, &in, i == 1 ? 2 : 100, i + 1, 0);
      _exit(r < 0 ? errno : (int)in.type * 10 + (int)r);
    }
    sleeping(c[i]);
  }
  SAY(snd(3, "xyz", 0));
  waitpid(c[2], &st, 0);
  printf("third got %d\n", WEXITSTATUS(st));
  SAY(snd(2, "too long", 0));
  waitpid(c[1], &st, 0);
  printf("second: %s\n", strerror(WEXITSTATUS(st)));
  show("left for others");
  struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  kill(c[0], SIGKILL);
  waitpid(c[0], &st, 0);
  sigaction(SIGUSR1, &sa, 0);
  a = fork();
  if (a == 0) _exit(msgrcv(id, &in, 100, 1, 0) < 0 ? errno : 0);
  sleeping(a);
  kill(a, SIGUSR1);
  waitpid(a, &st, 0);
  printf("signal: %s\n", strerror(WEXITSTATUS(st)));

  struct msqid_ds d;
  msgctl(id, IPC_STAT, &d);
  d.msg_qbytes = 100;
  d.msg_perm.mode = 0666;
  SAY(msgctl(id, IPC_SET, &d));
  show("set");
  rcv(100, 0, IPC_NOWAIT);
  out.type = 1;
  SAY(msgsnd(id, &out, 101, IPC_NOWAIT));
  n = 0;
  while (snd(1, "", IPC_NOWAIT) == 0) n++;
  printf("%d empty ones, then %s\n", n, strerror(errno));
  SAY(msgctl(id, 99, &d));
  SAY(msgctl(id, IPC_STAT, (void *)8));
  SAY(msgctl(-1, IPC_STAT, &d));

  a = fork();
  if (a == 0) _exit(msgsnd(id, &out, 50, 0) < 0 ? errno : 0);
  sleeping(a);
  pid_t b = fork();
  if (b == 0) _exit(msgrcv(id, &in, 50, 77, 0) < 0 ? errno : 0);
  sleeping(b);
  SAY(msgctl(id, IPC_RMID, 0));
  waitpid(a, &st, 0);
  printf("sender: %s\n", strerror(WEXITSTATUS(st)));
  waitpid(b, &st, 0);
  printf("receiver: %s\n", strerror(WEXITSTATUS(st)));
  show("removed");
  SAY(snd(1, "x", 0));
  return 0;
}
