/* Mappings, their rights and names. */
#include "proc.h"
static void find(const char *what, void *p) {
  unsigned long a, b;
  char perms[8], name[4096];
  unsigned long off, ino;
  unsigned maj, min;
  slurp("/proc/self/maps");
  for (char *l = strtok(text, "\n"); l; l = strtok(NULL, "\n")) {
    name[0] = 0;
    sscanf(l, "%lx-%lx %7s %lx %x:%x %lu %[^\n]", &a, &b, perms, &off, &maj, &min, &ino, name);
    if ((unsigned long)p < a || (unsigned long)p >= b) continue;
    char *base = strrchr(name, '/');
    printf("%s: %lu %s %lx file %d %s column %d\n", what, (b - a) / 4096, perms, off, ino != 0, base ? base + 1 : name, name[0] ? (int)(strstr(l, name) - l) : 0);
    return;
  }
  printf("%s: none\n", what);
}
int main(void) {
  int fd = open("mapped", O_RDWR | O_CREAT, 0600);
  ftruncate(fd, 16384);
  char *anon = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(anon, 4096, PROT_READ);
  mprotect(anon + 8192, 4096, PROT_NONE);
  find("read", anon);
  find("write", anon + 4096);
  find("none", anon + 8192);
  char *shared = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 4096);
  find("shared file", shared);
  char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, fd, 0);
  find("private file", private);
  unlink("mapped");
  find("deleted", shared);
  munmap(shared, 8192);
  find("unmapped", shared);
  char *sa = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  find("shared anonymous", sa);
  int here;
  slurp("/proc/self/maps");
  printf("stack %d heap %d\n", strstr(text, "[stack]") != NULL, strstr(text, "[heap]") != NULL);
  char exe[4096], path[64];
  long n = readlink("/proc/self/exe", exe, sizeof exe - 1);
  exe[n] = 0;
  printf("program %d\n", strstr(text, exe) != NULL);
  (void)here;
  return 0;
}
