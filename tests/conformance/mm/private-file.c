/* Private mappings of a file: copies on writing, changes of the file below them, the end of the file. */
#include "mm.h"
int main(void) {
  catchFaults();
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  char text[3 * PAGE];
  for (int i = 0; i < 3; i++) memset(text + i * PAGE, 'a' + i, PAGE);
  write(fd, text, 2 * PAGE + 100);
  char *p = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
  char *s = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
  printf("%c %c %c\n", p[0], p[PAGE], p[2 * PAGE]);
  printf("tail %d %d\n", p[2 * PAGE + 99], p[2 * PAGE + 100]);
  tryRead("beyond", p + 3 * PAGE);
  tryRead("beyond shared", s + 3 * PAGE);
  tryWrite("beyond", p + 3 * PAGE, 1);
  p[0] = 'P';
  char c;
  pread(fd, &c, 1, 0);
  printf("file %c shared %c private %c\n", c, s[0], p[0]);
  s[1] = 'S';
  pread(fd, &c, 1, 1);
  printf("file %c shared %c private %c\n", c, s[1], p[1]);
  pwrite(fd, "W", 1, PAGE);
  printf("written below: private %c shared %c\n", p[PAGE], s[PAGE]);
  p[PAGE + 1] = 'q';
  pwrite(fd, "V", 1, PAGE);
  printf("written below a copy: private %c shared %c\n", p[PAGE], s[PAGE]);
  /* bytes behind the end are not the file's */
  s[2 * PAGE + 200] = 'x';
  struct stat st;
  fstat(fd, &st);
  printf("size %ld\n", (long)st.st_size);
  ftruncate(fd, 3 * PAGE);
  printf("grown: %d\n", s[2 * PAGE + 200]);
  ftruncate(fd, 4 * PAGE);
  tryRead("grown", p + 3 * PAGE);
  ftruncate(fd, PAGE);
  tryRead("cut, shared", s + PAGE);
  tryRead("cut, private copy", p + PAGE + 1);
  tryRead("kept, private copy", p);
  ftruncate(fd, 10);
  printf("tail after cutting: %d %d\n", s[9], s[10]);
  ftruncate(fd, 4 * PAGE);
  tryRead("grown again", s + PAGE);
  tryRead("grown again, private", p + PAGE + 1);
  close(fd);
  tryWrite("after close", s + PAGE, 1);
  unlink("file");
  tryRead("after unlink", s + PAGE);
  munmap(s, 4 * PAGE);
  munmap(p, 4 * PAGE);
  return 0;
}
