// /proc/sysvipc: the lines of objects just made, with what differs from run to run masked.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

/* Prints the head and the object's line; identifiers, pids and times become letters of the same width. */
static void show(const char *path, int id) {
  char line[512], head[512];
  FILE *f = fopen(path, "r");
  fgets(head, sizeof head, f);
  fputs(head, stdout);
  while (fgets(line, sizeof line, f)) {
    long key, n;
    if (sscanf(line, "%ld %ld", &key, &n) != 2 || n != id) continue;
    for (char *p = line; *p;) {
      if (!isdigit((unsigned char)*p)) {
        p++;
        continue;
      }
      char *e = p;
      long v = strtol(p, &e, 10);
      char mark = v == id && p - line < 22 && p - line > 10 ? 'i' : v == getpid() ? 'p' : e - p == 10 ? 't' : 0;
      // The width of a pid and an identifier is not the same everywhere: pad to the column.
      while (mark && p < e) *p++ = mark == 't' ? 't' : p == e - 1 ? mark : ' ';
      p = e;
    }
    fputs(line, stdout);
  }
  fclose(f);
}

int main(void) {
  // A pid that is no other number shown.
  while (getpid() < 40) {
    int st;
    fflush(stdout);
    pid_t p = fork();
    if (p > 0) return waitpid(p, &st, 0) == p ? WEXITSTATUS(st) : 1;
  }
  int s = shmget(IPC_PRIVATE, 12345, 0641);
  char *a = shmat(s, 0, 0);
  a[0] = 1;
  show("/proc/sysvipc/shm", s);
  shmctl(s, IPC_RMID, 0);
  show("/proc/sysvipc/shm", s);
  shmdt(a);
  s = semget(IPC_PRIVATE, 17, 0600);
  show("/proc/sysvipc/sem", s);
  semctl(s, 0, IPC_RMID);
  s = msgget(IPC_PRIVATE, 0666);
  struct { long type; char text[10]; } m = {1, "text"};
  msgsnd(s, &m, 5, 0);
  msgsnd(s, &m, 3, 0);
  show("/proc/sysvipc/msg", s);
  msgctl(s, IPC_RMID, 0);
  return 0;
}
