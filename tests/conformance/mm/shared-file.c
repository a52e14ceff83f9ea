/* Shared mappings and the file they show: one memory for everybody. */
#include "mm.h"
int main(void) {
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  ftruncate(fd, 4 * PAGE);
  char *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
  char *q = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 2 * PAGE);
  strcpy(p + 2 * PAGE, "written here");
  printf("%s\n", q);
  char buffer[32] = "";
  pread(fd, buffer, 12, 2 * PAGE);
  printf("%s\n", buffer);
  pwrite(fd, "through the file", 17, 3 * PAGE);
  printf("%s\n", q + PAGE);
  struct stat st;
  fstat(fd, &st);
  printf("size %ld\n", (long)st.st_size);
  result("msync", msync(p, 4 * PAGE, MS_SYNC));
  result("msync async", msync(p, 4 * PAGE, MS_ASYNC));
  result("msync both", msync(p, 4 * PAGE, MS_SYNC | MS_ASYNC));
  result("msync unknown", msync(p, 4 * PAGE, 64));
  result("msync odd", msync(p + 1, PAGE, MS_SYNC));
  result("msync length 0", msync(p, 0, MS_SYNC));
  munmap(p + PAGE, PAGE);
  result("msync hole", msync(p, 4 * PAGE, MS_SYNC));
  result("msync nothing there", msync((void *)0x10000, PAGE, MS_SYNC));
  mlock(p, PAGE);
  result("msync invalidate locked", msync(p, PAGE, MS_SYNC | MS_INVALIDATE));
  munlock(p, PAGE);
  if (fork() == 0) {
    strcpy(p, "from the child");
    _exit(0);
  }
  wait(NULL);
  printf("%s\n", p);
  /* another open file, another process, same bytes */
  if (fork() == 0) {
    int other = open("file", O_RDWR);
    char *r = mmap(NULL, PAGE, RW, MAP_SHARED, other, 0);
    strcat(r, ", twice");
    _exit(0);
  }
  wait(NULL);
  printf("%s\n", p);
  /* renamed and removed it stays the same file */
  rename("file", "other");
  unlink("other");
  int again = open("file", O_RDWR | O_CREAT, 0600);
  fstat(again, &st);
  printf("new file size %ld, old still %.4s\n", (long)st.st_size, p);
  close(fd);
  strcpy(p, "closed");
  printf("%s\n", p);
  /* anonymous sharing across fork, grown by mremap */
  char *a = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 100; i++) a[i] = i;
    _exit(0);
  }
  wait(NULL);
  int sum = 0;
  for (int i = 0; i < 100; i++) sum += a[i];
  printf("%d\n", sum);
  /* an atomic counter between processes */
  int *counter = (int *)(a + 2048);
  for (int c = 0; c < 4; c++)
    if (fork() == 0) {
      for (int i = 0; i < 1000; i++) __sync_fetch_and_add(counter, 1);
      _exit(0);
    }
  while (wait(NULL) > 0);
  printf("%d\n", *counter);
  return 0;
}
