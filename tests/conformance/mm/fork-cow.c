/* What parent and child see of each other's memory after fork. */
#include "mm.h"
static int global = 1;
int main(void) {
  char *priv = mmap(NULL, 64 * PAGE, RW, ANON, -1, 0);
  char *shared = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  ftruncate(fd, 4 * PAGE);
  char *file = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
  char *copy = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
  for (int i = 0; i < 64; i++) priv[i * PAGE] = i;
  copy[0] = 'p';
  int up[2], down[2];
  pipe(up);
  pipe(down);
  if (fork() == 0) {
    char c;
    global = 2;
    int sum = 0;
    for (int i = 0; i < 64; i++) sum += priv[i * PAGE];
    printf("child sees %d, copy %c\n", sum, copy[0]);
    for (int i = 0; i < 64; i += 2) priv[i * PAGE] = 100;
    shared[0] = 'c';
    file[0] = 'f';
    copy[0] = 'k';
    fflush(stdout);
    write(up[1], "1", 1);
    read(down[0], &c, 1);
    printf("child: private %d %d shared %c file %c copy %c global %d\n", priv[0], priv[PAGE], shared[1], file[1], copy[0], global);
    fflush(stdout);
    if (fork() == 0) {
      priv[0] = 50;
      shared[2] = 'g';
      printf("grandchild: %d %d\n", priv[0], priv[2 * PAGE]);
      fflush(stdout);
      _exit(0);
    }
    wait(NULL);
    printf("child after grandchild: %d\n", priv[0]);
    fflush(stdout);
    _exit(0);
  }
  char c;
  read(up[0], &c, 1);
  int sum = 0;
  for (int i = 0; i < 64; i++) sum += priv[i * PAGE];
  printf("parent sees %d, shared %c file %c copy %c global %d\n", sum, shared[0], file[0], copy[0], global);
  priv[PAGE] = 77;
  shared[1] = 's';
  file[1] = 'i';
  fflush(stdout);
  write(down[1], "1", 1);
  wait(NULL);
  printf("parent: %d %d shared %c\n", priv[0], priv[PAGE], shared[2]);
  pread(fd, &c, 1, 1);
  printf("file %c\n", c);
  /* many generations, each with its own copy */
  int value = 0;
  for (int i = 0; i < 20; i++) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      value = i;
      priv[i * PAGE] = i + 1;
      _exit(priv[i * PAGE] + value);
    }
    int status;
    waitpid(child, &status, 0);
    if (WEXITSTATUS(status) != 2 * i + 1) printf("generation %d: %d\n", i, WEXITSTATUS(status));
  }
  printf("parent keeps %d %d\n", value, priv[5 * PAGE]);
  return 0;
}
