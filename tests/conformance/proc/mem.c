/* A process's memory as a file. */
#include "proc.h"
static char data[] = "some data";
static const char constant[] = "constant";
int main(void) {
  char b[32] = "";
  int fd = open("/proc/self/mem", O_RDWR);
  printf("open %d\n", fd >= 0);
  printf("read %ld %s\n", (long)pread(fd, b, 10, (long)data), b);
  printf("write %ld %s\n", (long)pwrite(fd, "SOME", 4, (long)data), data);
  long n = pread(fd, b, 1, 16);
  printf("nothing there: %ld %s\n", n, strerror(errno));
  char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(p + 4096, 4096);
  char *big = malloc(8192);
  printf("up to the end: %ld\n", (long)pread(fd, big, 8192, (long)p));
  mprotect(p, 4096, PROT_NONE);
  printf("no access: %ld\n", (long)pread(fd, b, 4, (long)p));
  mprotect(p, 4096, PROT_READ);
  printf("write read-only: %ld\n", (long)pwrite(fd, "forced", 6, (long)p));
  printf("%s\n", p);
  lseek(fd, (long)data, SEEK_SET);
  memset(b, 0, sizeof b);
  printf("seek and read %ld %s\n", (long)read(fd, b, 9), b);
  pid_t pid = fork();
  if (pid == 0) {
    strcpy(data, "the kid's");
    pause();
  }
  usleep(30000);
  char path[64];
  sprintf(path, "/proc/%d/mem", pid);
  int other = open(path, O_RDWR);
  memset(b, 0, sizeof b);
  printf("another's %ld %s\n", (long)pread(other, b, 9, (long)data), b);
  printf("ours %s %s\n", data, constant);
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  printf("after its end %ld\n", (long)pread(other, b, 9, (long)data));
  return 0;
}
