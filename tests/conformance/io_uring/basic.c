/* The rings, NOP, and reads and writes of all kinds. */
#include "uring.h"

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  struct ring r;
  printf("init %s\n", err(ring_init(&r, 8, 0)));
  printf("sq %u cq %u array %u cqes %u\n", r.p.sq_entries, r.p.cq_entries, r.p.sq_off.array, r.p.cq_off.cqes);
  printf("masks %u %u features %x\n", *r.sq_mask, *r.cq_mask, r.p.features & 0xfff);

  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 42);
  printf("submit %s\n", err(submit(&r)));
  reap(&r, "nop");
  for (int i = 0; i < 8; i++) prep(&r, IORING_OP_NOP, 0, 0, 0, 0, i);
  printf("submit 8: %s\n", err(submit_wait(&r, 8)));
  while (ready(&r)) reap(&r, "nop");
  printf("head %u tail %u\n", *r.sq_head, *r.sq_tail);

  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
  prep(&r, IORING_OP_WRITE, fd, "hello world", 11, 0, 1);
  submit_wait(&r, 1);
  reap(&r, "write");
  char buf[64] = {0};
  prep(&r, IORING_OP_READ, fd, buf, 5, 6, 2);
  submit_wait(&r, 1);
  reap(&r, "read");
  printf("%s\n", buf);
  struct iovec v[2] = {{buf, 3}, {buf + 10, 20}};
  prep(&r, IORING_OP_READV, fd, v, 2, 0, 3);
  submit_wait(&r, 1);
  reap(&r, "readv");
  printf("%.3s|%.8s\n", buf, buf + 10);
  /* the file's own position */
  memset(buf, 0, sizeof buf);
  lseek(fd, 3, SEEK_SET);
  prep(&r, IORING_OP_READ, fd, buf, 4, -1, 4);
  submit_wait(&r, 1);
  reap(&r, "read at position");
  printf("%s pos %ld\n", buf, (long)lseek(fd, 0, SEEK_CUR));
  v[0] = (struct iovec){"ABC", 3};
  v[1] = (struct iovec){"defg", 4};
  prep(&r, IORING_OP_WRITEV, fd, v, 2, 20, 5);
  submit_wait(&r, 1);
  reap(&r, "writev");
  prep(&r, IORING_OP_READ, fd, buf, 64, 100, 6);
  submit_wait(&r, 1);
  reap(&r, "read past end");
  prep(&r, IORING_OP_READ, 99, buf, 64, 0, 7);
  submit_wait(&r, 1);
  reap(&r, "bad fd");
  prep(&r, IORING_OP_READ, fd, (void *)8, 64, 0, 8);
  submit_wait(&r, 1);
  reap(&r, "bad address");
  prep(&r, IORING_OP_READ, fd, (void *)0x7fffffffffff, 64, 0, 9);
  printf("submit %s\n", err(submit_wait(&r, 1)));
  reap(&r, "kernel address");
  prep(&r, 200, fd, 0, 0, 0, 10);
  printf("submit %s\n", err(submit_wait(&r, 1)));
  reap(&r, "bad opcode");
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 11)->flags = 0x80;
  printf("submit %s\n", err(submit_wait(&r, 1)));
  reap(&r, "bad flag");
  prep(&r, IORING_OP_WRITE, fd, "x", 1, -2, 12);
  submit_wait(&r, 1);
  reap(&r, "negative position");
  prep(&r, IORING_OP_READ, fd, buf, 4, 0, 13)->rw_flags = 0x10000;
  submit_wait(&r, 1);
  reap(&r, "bad rw_flags");
  int ro = open("file", O_RDONLY);
  prep(&r, IORING_OP_WRITE, ro, "x", 1, 0, 14);
  submit_wait(&r, 1);
  reap(&r, "write to read-only");
  prep(&r, IORING_OP_READV, fd, v, 2000, 0, 15);
  submit_wait(&r, 1);
  reap(&r, "too many iovecs");

  /* registered buffers */
  char *mem = mmap(0, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct iovec b[2] = {{mem, 8192}, {mem + 8192 + 100, 5000}};
  printf("register %s\n", err(res(sys_register(r.fd, IORING_REGISTER_BUFFERS, b, 2))));
  printf("again %s\n", err(res(sys_register(r.fd, IORING_REGISTER_BUFFERS, b, 2))));
  for (int i = 0; i < 8192; i++) mem[i] = i % 251;
  prep(&r, IORING_OP_WRITE_FIXED, fd, mem + 1000, 6000, 0, 20)->buf_index = 0;
  submit_wait(&r, 1);
  reap(&r, "write_fixed");
  prep(&r, IORING_OP_READ_FIXED, fd, mem + 8192 + 200, 4800, 0, 21)->buf_index = 1;
  submit_wait(&r, 1);
  reap(&r, "read_fixed");
  printf("equal %d\n", memcmp(mem + 1000, mem + 8192 + 200, 4800) == 0);
  prep(&r, IORING_OP_READ_FIXED, fd, mem + 8192, 100, 0, 22)->buf_index = 1;
  submit_wait(&r, 1);
  reap(&r, "outside of the buffer");
  prep(&r, IORING_OP_READ_FIXED, fd, mem, 100, 0, 23)->buf_index = 7;
  submit_wait(&r, 1);
  reap(&r, "no such buffer");
  printf("unregister %s\n", err(res(sys_register(r.fd, IORING_UNREGISTER_BUFFERS, 0, 0))));
  printf("unregister %s\n", err(res(sys_register(r.fd, IORING_UNREGISTER_BUFFERS, 0, 0))));

  /* a pipe that has nothing yet */
  int p[2];
  pipe(p);
  memset(buf, 0, sizeof buf);
  prep(&r, IORING_OP_READ, p[0], buf, 10, 0, 30);
  printf("submit %s ready %u\n", err(submit(&r)), ready(&r));
  write(p[1], "later", 5);
  reap(&r, "pipe");
  printf("%s\n", buf);
  prep(&r, IORING_OP_READ, p[0], buf, 10, 0, 31);
  submit(&r);
  if (fork() == 0) {
    usleep(20000);
    write(p[1], "child", 5);
    _exit(0);
  }
  reap(&r, "pipe from child");
  printf("%s\n", buf);
  wait(0);
  prep(&r, IORING_OP_POLL_ADD, p[0], 0, 0, 0, 32)->poll32_events = POLLIN;
  submit(&r);
  printf("ready %u\n", ready(&r));
  write(p[1], "z", 1);
  reap(&r, "poll");
  prep(&r, IORING_OP_POLL_ADD, p[0], 0, 0, 0, 33)->poll32_events = POLLIN;
  submit(&r);
  reap(&r, "poll of what is ready");
  close(p[1]);
  read(p[0], buf, 10);
  prep(&r, IORING_OP_READ, p[0], buf, 10, 0, 34);
  submit(&r);
  reap(&r, "end of pipe");
  ring_exit(&r);
  return 0;
}
