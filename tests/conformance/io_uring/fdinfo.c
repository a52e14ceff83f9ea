/* /proc/PID/fdinfo of a ring. */
#include "uring.h"

static void show(int fd) {
  char path[64], b[4096];
  sprintf(path, "/proc/self/fdinfo/%d", fd);
  int f = open(path, O_RDONLY), n = read(f, b, 4095);
  close(f);
  b[n > 0 ? n : 0] = 0;
  for (char *l = strtok(b, "\n"); l; l = strtok(0, "\n"))
    if (strncmp(l, "mnt_id", 6) && strncmp(l, "ino:", 4) && strncmp(l, "NAPI", 4)) puts(l);
}

int main(void) {
  struct ring r;
  ring_init(&r, 4, 0);
  show(r.fd);
  int p[2];
  char b[8];
  pipe(p);
  prep(&r, IORING_OP_READ, p[0], b, 8, 0, 5);
  submit(&r);
  for (int i = 0; i < 3; i++) prep(&r, IORING_OP_NOP, 0, 0, 0, 0, i);
  submit(&r);
  prep(&r, IORING_OP_WRITE, 1, (void *)0x1000, 3, 7, 99);
  prep(&r, IORING_OP_TIMEOUT, 1, (void *)0xffffffff000, 3, 7, ~0ull);
  flush(&r);
  int fds[3] = {open("/dev/null", O_RDONLY), -1, open("/dev/zero", O_RDONLY)};
  sys_register(r.fd, IORING_REGISTER_FILES, fds, 3);
  struct iovec v[2] = {{(void *)0, 0}, {0, 0}};
  sys_register(r.fd, IORING_REGISTER_BUFFERS, v, 2);
  show(r.fd);
  ring_exit(&r);
  struct io_uring_params q = {.flags = IORING_SETUP_SQE128 | IORING_SETUP_CQE32 | IORING_SETUP_CQSIZE, .cq_entries = 4};
  ring_init_params(&r, 4, &q);
  for (int i = 0; i < 4; i++) prep(&r, IORING_OP_NOP, 0, 0, 0, 0, i);
  submit(&r);
  for (int i = 0; i < 2; i++) prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 10 + i);
  submit(&r);
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 20);
  flush(&r);
  show(r.fd);
  return 0;
}
