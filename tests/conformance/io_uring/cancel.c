/* Cancelling, poll of all kinds, and what ends requests: close, exit, signals. */
#include "uring.h"
#ifndef IORING_ASYNC_CANCEL_USERDATA
#define IORING_ASYNC_CANCEL_USERDATA (1U << 4)
#define IORING_ASYNC_CANCEL_OP (1U << 5)
#endif
static void cancel(struct ring *r, uint64_t what, int flags, int data) {
  prep(r, IORING_OP_ASYNC_CANCEL, 0, (void *)(uintptr_t)what, 0, 0, data)->cancel_flags = flags;
}
static void handler(int s) { (void)s; }

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  struct ring r;
  ring_init(&r, 32, 0);
  int p[2];
  char buf[64];
  pipe(p);
  puts("- one");
  prep(&r, IORING_OP_READ, p[0], buf, 8, 0, 1);
  submit(&r);
  cancel(&r, 1, 0, 2);
  submit(&r);
  reap_sorted(&r, "x", 2);
  cancel(&r, 1, 0, 3);
  submit(&r);
  reap(&r, "again");
  puts("- by file");
  int q[2];
  pipe(q);
  for (int i = 0; i < 3; i++) prep(&r, IORING_OP_READ, p[0], buf, 8, 0, 10 + i);
  prep(&r, IORING_OP_READ, q[0], buf, 8, 0, 13);
  submit(&r);
  prep(&r, IORING_OP_ASYNC_CANCEL, p[0], 0, 0, 0, 14)->cancel_flags = IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ALL;
  submit(&r);
  reap_sorted(&r, "x", 4);
  puts("- by operation");
  prep(&r, IORING_OP_POLL_ADD, q[0], 0, 0, 0, 15)->poll32_events = POLLIN;
  prep(&r, IORING_OP_ASYNC_CANCEL, 0, 0, IORING_OP_POLL_ADD, 0, 16)->cancel_flags = IORING_ASYNC_CANCEL_OP;
  submit(&r);
  reap_sorted(&r, "x", 2);
  puts("- any");
  cancel(&r, 0, IORING_ASYNC_CANCEL_ANY, 17);
  submit(&r);
  reap_sorted(&r, "x", 2);
  puts("- errors");
  cancel(&r, 0, 0x100, 18);
  submit(&r);
  reap(&r, "flags");
  prep(&r, IORING_OP_ASYNC_CANCEL, 99, 0, 0, 0, 18)->cancel_flags = IORING_ASYNC_CANCEL_FD;
  submit(&r);
  reap(&r, "fd");
  cancel(&r, 0, IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ANY, 18);
  submit(&r);
  reap(&r, "fd and any");
  puts("- timeout");
  int64_t ts[2] = {100, 0};
  prep(&r, IORING_OP_TIMEOUT, 0, ts, 1, 0, 20);
  submit(&r);
  cancel(&r, 20, 0, 21);
  submit(&r);
  reap_sorted(&r, "x", 2);
  puts("- in a worker");
  prep(&r, IORING_OP_READ, p[0], buf, 8, 0, 22)->flags = IOSQE_ASYNC;
  submit(&r);
  usleep(20000);
  cancel(&r, 22, 0, 23);
  submit(&r);
  reap_sorted(&r, "x", 2);
  puts("- registered cancel");
  struct { uint64_t addr; int32_t fd; unsigned flags; int64_t ts[2]; uint8_t opcode, pad[7]; uint64_t pad2[3]; } sc;
  memset(&sc, 0, sizeof sc);
  sc.ts[0] = sc.ts[1] = -1;
  sc.addr = 24;
  printf("nothing %s\n", err(res(sys_register(r.fd, 24, &sc, 1))));
  prep(&r, IORING_OP_READ, p[0], buf, 8, 0, 24);
  submit(&r);
  printf("one %s\n", err(res(sys_register(r.fd, 24, &sc, 1))));
  reap(&r, "x");
  for (int i = 0; i < 3; i++) prep(&r, IORING_OP_READ, p[0], buf, 8, 0, 24);
  submit(&r);
  sc.flags = IORING_ASYNC_CANCEL_ALL;
  printf("three %s\n", err(res(sys_register(r.fd, 24, &sc, 1))));
  reap_sorted(&r, "x", 3);
  sc.flags = 0x200;
  printf("flags %s\n", err(res(sys_register(r.fd, 24, &sc, 1))));

  puts("- poll multishot");
  prep(&r, IORING_OP_POLL_ADD, p[0], 0, IORING_POLL_ADD_MULTI, 0, 30)->poll32_events = POLLIN;
  submit(&r);
  for (int i = 0; i < 3; i++) {
    write(p[1], "a", 1);
    reap(&r, "x");
    read(p[0], buf, 8);
  }
  printf("ready %u\n", ready(&r));
  prep(&r, IORING_OP_POLL_REMOVE, 0, (void *)30, 0, 0, 31);
  submit(&r);
  reap_sorted(&r, "x", 2);
  prep(&r, IORING_OP_POLL_REMOVE, 0, (void *)30, 0, 0, 32);
  submit(&r);
  reap(&r, "x");
  puts("- update");
  prep(&r, IORING_OP_POLL_ADD, p[0], 0, 0, 0, 33)->poll32_events = POLLPRI;
  submit(&r);
  write(p[1], "a", 1);
  printf("ready %u\n", ready(&r));
  prep(&r, IORING_OP_POLL_REMOVE, 0, (void *)33, IORING_POLL_UPDATE_EVENTS, 0, 34)->poll32_events = POLLIN;
  submit(&r);
  reap_sorted(&r, "x", 2);
  prep(&r, IORING_OP_POLL_ADD, q[0], 0, 0, 0, 35)->poll32_events = POLLIN;
  prep(&r, IORING_OP_POLL_REMOVE, 0, (void *)35, IORING_POLL_UPDATE_USER_DATA, 36, 37);
  submit(&r);
  reap(&r, "x");
  write(q[1], "a", 1);
  reap(&r, "x");
  prep(&r, IORING_OP_POLL_ADD, q[0], 0, 0x80, 0, 38)->poll32_events = POLLIN;
  submit(&r);
  reap(&r, "flags");
  prep(&r, IORING_OP_POLL_ADD, q[0], 0, IORING_POLL_ADD_LEVEL, 0, 38)->poll32_events = POLLIN;
  submit(&r);
  reap(&r, "level");
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  prep(&r, IORING_OP_POLL_ADD, fd, 0, 0, 0, 39)->poll32_events = POLLIN;
  submit(&r);
  reap(&r, "poll of a file");
  puts("- hangup");
  int h[2];
  pipe(h);
  prep(&r, IORING_OP_POLL_ADD, h[0], 0, 0, 0, 40)->poll32_events = POLLIN;
  submit(&r);
  close(h[1]);
  reap(&r, "x");
  puts("- closing a file that is read keeps it");
  pipe(h);
  prep(&r, IORING_OP_READ, h[0], buf, 8, 0, 41);
  submit(&r);
  close(h[0]);
  printf("write %s\n", err(res(write(h[1], "abc", 3))));
  reap(&r, "x");

  puts("- signals");
  struct sigaction sa = {.sa_handler = handler};
  sigaction(SIGALRM, &sa, 0);
  ualarm(5000, 0);
  printf("wait %s\n", err(res(sys_enter(r.fd, 0, 1, IORING_ENTER_GETEVENTS, 0, 0))));
  sigset_t all;
  sigfillset(&all);
  ualarm(5000, 0);
  prep(&r, IORING_OP_TIMEOUT, 0, ts, 1, 0, 50);
  ts[0] = 0;
  ts[1] = 20000000;
  flush(&r);
  printf("masked %s\n", err(res(sys_enter(r.fd, 1, 1, IORING_ENTER_GETEVENTS, &all, 8))));
  reap(&r, "x");
  printf("mask size %s\n", err(res(sys_enter(r.fd, 0, 1, IORING_ENTER_GETEVENTS, &all, 4))));
  puts("- the ring is closed with requests");
  pipe(h);
  prep(&r, IORING_OP_READ, h[0], buf, 8, 0, 60);
  prep(&r, IORING_OP_POLL_ADD, h[0], 0, 0, 0, 61)->poll32_events = POLLIN;
  prep(&r, IORING_OP_READ, h[0], buf, 8, 0, 62)->flags = IOSQE_ASYNC;
  ts[0] = 100;
  prep(&r, IORING_OP_TIMEOUT, 0, ts, 1, 0, 63);
  submit(&r);
  usleep(10000);
  ring_exit(&r);
  close(h[0]);
  usleep(100000);
  signal(SIGPIPE, SIG_IGN);
  printf("nobody reads %s\n", err(res(write(h[1], "x", 1))));
  puts("- a process ends with requests");
  pipe(h);
  if (fork() == 0) {
    ring_init(&r, 8, 0);
    prep(&r, IORING_OP_READ, h[0], buf, 8, 0, 1);
    prep(&r, IORING_OP_READ, h[0], buf, 8, 0, 2)->flags = IOSQE_ASYNC;
    submit(&r);
    usleep(1000);
    _exit(3);
  }
  int st;
  wait(&st);
  printf("status %d\n", WEXITSTATUS(st));
  close(h[0]);
  usleep(50000);
  printf("nobody reads %s\n", err(res(write(h[1], "x", 1))));
  return 0;
}
