/* process_vm_readv and process_vm_writev. */
#include "proc.h"
#include <sys/uio.h>
static char data[] = "parent's data";
int main(void) {
  char b[32] = "", *hole = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(hole, 'h', 8192);
  munmap(hole + 4096, 4096);
  pid_t pid = fork();
  if (pid == 0) {
    strcpy(data, "child's data");
    for (;;) pause();
  }
  usleep(30000);
  struct iovec l[2] = {{b, 4}, {b + 10, 9}}, r[2] = {{data, 8}, {data + 8, 5}};
  long n = process_vm_readv(pid, l, 2, r, 2, 0);
  printf("read %ld %.4s %s\n", n, b, b + 10);
  struct iovec w = {"CHILD", 5}, to = {data, 5};
  printf("write %ld\n", (long)process_vm_writev(pid, &w, 1, &to, 1, 0));
  l[0] = (struct iovec){b, 13};
  n = process_vm_readv(pid, l, 1, (struct iovec[]){{data, 13}}, 1, 0);
  printf("%ld %s, ours %s\n", n, b, data);
  char big[8192];
  struct iovec whole = {big, 8192};
  n = process_vm_readv(pid, &whole, 1, (struct iovec[]){{hole, 4096}, {hole + 4096, 4096}}, 2, 0);
  printf("up to the hole %ld\n", n);
  printf("bad address: %s\n", WHY(process_vm_readv(pid, &whole, 1, (struct iovec[]){{(void *)16, 4}}, 1, 0)));
  printf("flags: %s\n", WHY(process_vm_readv(pid, &whole, 1, r, 1, 1)));
  printf("nobody: %s\n", WHY(process_vm_readv(999999, &whole, 1, r, 1, 0)));
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  return 0;
}
