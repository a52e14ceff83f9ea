/* process_vm_readv and process_vm_writev. */
#include "mm.h"
static void done(const char *what, long r) {
  if (r < 0) printf("%s: %s\n", what, name(errno));
  else printf("%s: %ld\n", what, r);
}
int main(void) {
  char *far = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
  int up[2], down[2];
  pipe(up);
  pipe(down);
  strcpy(far, "parent");
  pid_t child = fork();
  if (child == 0) {
    char c;
    strcpy(far, "the child's own words");
    strcpy(far + PAGE, "second page");
    mprotect(far + 2 * PAGE, PAGE, PROT_READ);
    munmap(far + 3 * PAGE, PAGE);
    write(up[1], "1", 1);
    read(down[0], &c, 1);
    printf("child has: %s, %.6s\n", far, far + PAGE);
    fflush(stdout);
    _exit(0);
  }
  char c, buffer[256] = "";
  read(up[0], &c, 1);
  struct iovec local[2] = {{buffer, 10}, {buffer + 100, 50}}, remote[3] = {{far, 22}, {far + PAGE, 12}, {far + 2 * PAGE, PAGE}};
  done("read", process_vm_readv(child, local, 2, remote, 2, 0));
  printf("%.10s|%s|%s\n", buffer, buffer + 100, buffer + 112);
  done("local shorter", process_vm_readv(child, local, 1, remote, 2, 0));
  done("nothing local", process_vm_readv(child, local, 0, remote, 2, 0));
  done("nothing remote", process_vm_readv(child, local, 2, remote, 0, 0));
  strcpy(buffer, "overwritten by parent");
  local[0].iov_len = 22;
  done("write", process_vm_writev(child, local, 1, remote, 1, 0));
  done("write read-only", process_vm_writev(child, local, 1, remote + 2, 1, 0));
  done("flags", process_vm_readv(child, local, 1, remote, 1, 1));
  done("no such process", process_vm_readv(999999, local, 1, remote, 1, 0));
  struct iovec bad = {(void *)0x10000, 10}, across = {far + 3 * PAGE - 5, 20};
  done("unmapped remote", process_vm_readv(child, local, 1, &bad, 1, 0));
  done("unmapped local", process_vm_readv(child, &bad, 1, remote, 1, 0));
  done("up to the hole", process_vm_readv(child, local, 1, &across, 1, 0));
  done("bad vector", process_vm_readv(child, (void *)1, 1, remote, 1, 0));
  done("too many", process_vm_readv(child, local, 1025, remote, 1, 0));
  write(down[1], "1", 1);
  wait(NULL);
  printf("parent has: %s\n", far);
  return 0;
}
