// Segments: creation by key, rights, attachments over fork, exit and partial unmapping, removal while attached.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAY(x) ({ errno = 0; long r_ = (long)(x); printf("%s = %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); r_; })

static void stat_of(int id, const char *when) {
  struct shmid_ds d;
  memset(&d, 0xff, sizeof d);
  if (shmctl(id, IPC_STAT, &d) < 0) {
    printf("%s: %s\n", when, strerror(errno));
    return;
  }
  printf("%s: size %zu nattch %lu mode %o lpid %s cpid %s atime %d dtime %d ctime %d uid %u\n", when, d.shm_segsz, (unsigned long)d.shm_nattch,
         d.shm_perm.mode, d.shm_lpid == 0 ? "0" : d.shm_lpid == getpid() ? "me" : "other", d.shm_cpid == getpid() ? "me" : "other",
         d.shm_atime != 0, d.shm_dtime != 0, d.shm_ctime != 0, d.shm_perm.uid);
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  key_t key = 0x5a000000 | (getpid() & 0xffffff);
  errno = 0;
  printf("missing key %d %s\n", shmget(key, 100, 0600), strerror(errno));
  int id = shmget(key, 10000, IPC_CREAT | IPC_EXCL | 0640);
  printf("made %d\n", id >= 0);
  errno = 0;
  printf("exclusive %d %s\n", shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600), strerror(errno));
  printf("smaller is found %d\n", shmget(key, 100, 0600) == id);
  errno = 0;
  printf("larger %d %s\n", shmget(key, 20000, 0600), strerror(errno));
  SAY(shmget(IPC_PRIVATE, 0, 0600));
  stat_of(id, "new");

  char *a = shmat(id, 0, 0);
  char *b = shmat(id, 0, SHM_RDONLY);
  stat_of(id, "twice");
  strcpy(a, "through both");
  printf("%s, zero after the end of the size: %d\n", b, a[10001]);
  SAY(shmdt(a + 1));
  SAY(shmdt(a + 4096));
  SAY((long)shmat(id, a, 0));
  SAY((long)shmat(id, a + 5, 0));
  printf("rounded onto it with SHM_REMAP %d\n", shmat(id, a + 5, SHM_RND | SHM_REMAP) == a);
  stat_of(id, "remapped");
  SAY((long)shmat(id, 0, SHM_REMAP));
  SAY((long)shmat(id + 12345 * 32768, 0, 0));
  SAY((long)shmat(-1, 0, 0));
  SAY(mprotect(b, 4096, PROT_READ | PROT_WRITE));

  // A hole in an attachment makes it two areas, each counted.
  SAY(munmap(a + 4096, 4096));
  stat_of(id, "hole");
  if (fork() == 0) {
    stat_of(id, "inherited");
    strcpy(a, "by the child");
    shmdt(b);
    stat_of(id, "child detached one");
    _exit(0);
  }
  wait(0);
  stat_of(id, "child gone");
  printf("%s\n", a);
  SAY(shmdt(a));
  stat_of(id, "detached");
  SAY(shmdt(a));

  struct shmid_ds d;
  shmctl(id, IPC_STAT, &d);
  d.shm_perm.mode = 0777 | 01000;
  d.shm_perm.uid = 4321;
  SAY(shmctl(id, IPC_SET, &d));
  stat_of(id, "set");
  SAY(shmctl(id, SHM_LOCK, 0));
  stat_of(id, "locked");
  SAY(shmctl(id, SHM_UNLOCK, 0));
  SAY(shmctl(id, 99, 0));
  SAY(shmctl(-1, IPC_STAT, &d));
  SAY(shmctl(id, IPC_STAT, (struct shmid_ds *)8));

  // Removed while attached: stays until the last detaches, but its key is free.
  SAY(shmctl(id, IPC_RMID, 0));
  stat_of(id, "removed");
  errno = 0;
  printf("by key %d %s\n", shmget(key, 0, 0), strerror(errno));
  char *c = shmat(id, 0, 0);
  printf("can still be attached: %s\n", c);
  shmdt(b);
  shmdt(c);
  stat_of(id, "last detached");

  int p = shmget(IPC_PRIVATE, 4096, 0);
  printf("%d\n", p != shmget(IPC_PRIVATE, 1, 0600) && p >= 0);
  if (fork() == 0) {
    setuid(1000);
    SAY((long)shmat(p, 0, 0));
    SAY(shmctl(p, IPC_RMID, 0));
    SAY(shmctl(p, IPC_STAT, &d));
    _exit(0);
  }
  wait(0);
  SAY(shmctl(p, IPC_RMID, 0));
  SAY(shmctl(p, IPC_RMID, 0));

  // The end of a process detaches.
  p = shmget(IPC_PRIVATE, 4096, 0600);
  if (fork() == 0) {
    shmat(p, 0, 0);
    shmctl(p, IPC_RMID, 0);
    _exit(0);
  }
  wait(0);
  stat_of(p, "its only user has ended");
  return 0;
}
