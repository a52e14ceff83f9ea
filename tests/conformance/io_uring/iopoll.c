/* A ring for polled devices, with files that have none; limits of locked memory; sysctls. */
#include "uring.h"
#include <sys/resource.h>

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  struct ring r;
  char buf[64];
  printf("init %s\n", err(ring_init(&r, 8, IORING_SETUP_IOPOLL)));
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 1);
  submit(&r);
  reap(&r, "nop");
  prep(&r, IORING_OP_READ, fd, buf, 8, 0, 2);
  submit(&r);
  reap(&r, "read");
  prep(&r, IORING_OP_FSYNC, fd, 0, 0, 0, 3);
  submit(&r);
  reap(&r, "fsync");
  prep(&r, IORING_OP_TIMEOUT, fd, 0, 1, 0, 4);
  submit(&r);
  reap(&r, "timeout");
  printf("wait for nothing %s\n", err(res(sys_enter(r.fd, 0, 1, IORING_ENTER_GETEVENTS, 0, 0))));
  ring_exit(&r);

  /* memory is counted for those who may not lock as much as they like */
  if (setgid(65534) || setuid(65534)) return 1;
  struct rlimit l = {65536, 65536};
  setrlimit(RLIMIT_MEMLOCK, &l);
  printf("small %s\n", err(ring_init(&r, 8, 0)));
  struct io_uring_params p = {0};
  printf("large %s\n", err(res(sys_setup(4096, &p))));
  char *mem = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct iovec v = {mem, 1 << 20};
  printf("buffers %s\n", err(res(sys_register(r.fd, IORING_REGISTER_BUFFERS, &v, 1))));
  v.iov_len = 8192;
  printf("buffers %s\n", err(res(sys_register(r.fd, IORING_REGISTER_BUFFERS, &v, 1))));
  printf("unregister %s\n", err(res(sys_register(r.fd, IORING_UNREGISTER_BUFFERS, 0, 0))));
  v.iov_base = 0;
  printf("null with a length %s\n", err(res(sys_register(r.fd, IORING_REGISTER_BUFFERS, &v, 1))));
  v = (struct iovec){mem, 0};
  printf("no length %s\n", err(res(sys_register(r.fd, IORING_REGISTER_BUFFERS, &v, 1))));
  v = (struct iovec){(void *)4096, 4096};
  printf("nothing there %s\n", err(res(sys_register(r.fd, IORING_REGISTER_BUFFERS, &v, 1))));
  v = (struct iovec){mem, 1ul << 31};
  printf("too long %s\n", err(res(sys_register(r.fd, IORING_REGISTER_BUFFERS, &v, 1))));
  return 0;
}
