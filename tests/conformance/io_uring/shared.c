/* When task work runs; rings among threads and processes, in epoll, over exec, by SCM_RIGHTS. */
#include "uring.h"
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif

static struct ring shared;
static void *other(void *a) {
  struct ring *r = a;
  prep(r, IORING_OP_NOP, 0, 0, 0, 0, 70);
  printf("submit by another thread %s\n", err(submit(r)));
  return 0;
}
static void *waiter(void *a) {
  struct ring *r = a;
  printf("wait by another thread %s\n", err(res(sys_enter(r->fd, 0, 1, IORING_ENTER_GETEVENTS, 0, 0))));
  return 0;
}
static void run(void *(*f)(void *), void *a) {
  pthread_t t;
  pthread_create(&t, 0, f, a);
  pthread_join(t, 0);
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IOLBF, 0);
  if (argc > 1) {
    printf("after exec: %s\n", fcntl(atoi(argv[1]), F_GETFD) < 0 ? "closed" : "open");
    printf("pipe %s\n", err(res(write(atoi(argv[2]), "x", 1))));
    return 0;
  }
  struct ring r;
  int p[2];
  char buf[8];
  pipe(p);
  puts("- deferred task work");
  printf("init %s\n", err(ring_init(&r, 8, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG)));
  prep(&r, IORING_OP_READ, p[0], buf, 3, 0, 1);
  submit(&r);
  printf("flag %d\n", !!(*r.sq_flags & IORING_SQ_TASKRUN));
  write(p[1], "abc", 3);
  usleep(1000);
  getppid();
  printf("ready %u flag %d\n", ready(&r), !!(*r.sq_flags & IORING_SQ_TASKRUN));
  struct pollfd pf = {r.fd, POLLIN, 0};
  printf("poll %d\n", poll(&pf, 1, 0));
  printf("enter %s\n", err(res(sys_enter(r.fd, 0, 0, IORING_ENTER_GETEVENTS, 0, 0))));
  printf("ready %u flag %d\n", ready(&r), !!(*r.sq_flags & IORING_SQ_TASKRUN));
  reap(&r, "x");
  run(other, &r);
  run(waiter, &r);
  prep(&r, IORING_OP_READ, p[0], buf, 3, 0, 2)->flags = IOSQE_IO_LINK;
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 3);
  submit(&r);
  while (ready(&r)) reap(&r, "y");
  if (fork() == 0) {
    usleep(3000);
    write(p[1], "abc", 3);
    _exit(0);
  }
  printf("wait for two %s\n", err(res(sys_enter(r.fd, 0, 2, IORING_ENTER_GETEVENTS, 0, 0))));
  reap(&r, "x");
  reap(&r, "x");
  wait(0);
  ring_exit(&r);

  puts("- cooperative");
  printf("init %s\n", err(ring_init(&r, 8, IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG)));
  prep(&r, IORING_OP_READ, p[0], buf, 3, 0, 1);
  submit(&r);
  write(p[1], "abc", 3);
  getppid();
  reap(&r, "x");
  ring_exit(&r);

  puts("- threads");
  ring_init(&shared, 8, 0);
  run(other, &shared);
  reap(&shared, "x");
  prep(&shared, IORING_OP_READ, p[0], buf, 3, 0, 71);
  submit(&shared);
  pthread_t t;
  pthread_create(&t, 0, waiter, &shared);
  usleep(3000);
  write(p[1], "abc", 3);
  pthread_join(t, 0);
  reap(&shared, "x");
  /* a thread ends with requests: they end too */
  ring_init(&r, 8, 0);

  puts("- fork");
  if (fork() == 0) {
    prep(&shared, IORING_OP_NOP, 0, 0, 0, 0, 80);
    printf("child %s\n", err(submit(&shared)));
    _exit(0);
  }
  wait(0);
  shared.tail = *shared.sq_tail;
  reap(&shared, "x");

  puts("- epoll");
  int ep = epoll_create1(0);
  struct epoll_event ev = {.events = EPOLLIN, .data.u32 = 5};
  printf("add %s\n", err(res(epoll_ctl(ep, EPOLL_CTL_ADD, shared.fd, &ev))));
  printf("wait %s\n", err(res(epoll_wait(ep, &ev, 1, 0))));
  prep(&shared, IORING_OP_READ, p[0], buf, 3, 0, 90);
  submit(&shared);
  if (fork() == 0) {
    usleep(3000);
    write(p[1], "abc", 3);
    _exit(0);
  }
  int n;
  while ((n = res(epoll_wait(ep, &ev, 1, -1))) == -EINTR) ;
  printf("wait %d %x %u\n", n, ev.events, ev.data.u32);
  reap(&shared, "x");
  printf("wait %s\n", err(res(epoll_wait(ep, &ev, 1, 0))));
  wait(0);
  /* a ring watches a ring */
  struct ring s;
  ring_init(&s, 4, 0);
  prep(&s, IORING_OP_POLL_ADD, shared.fd, 0, 0, 0, 91)->poll32_events = POLLIN;
  submit(&s);
  prep(&shared, IORING_OP_NOP, 0, 0, 0, 0, 92);
  submit(&shared);
  reap(&s, "watcher");
  reap(&shared, "x");

  puts("- a ring cannot be sent");
  int sv[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
  char c = 0, ctl[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec iov = {&c, 1};
  struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof ctl};
  struct cmsghdr *h = CMSG_FIRSTHDR(&m);
  h->cmsg_level = SOL_SOCKET;
  h->cmsg_type = SCM_RIGHTS;
  h->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(h), &shared.fd, sizeof(int));
  printf("sendmsg %s\n", err(res(sendmsg(sv[0], &m, 0))));

  puts("- registered buffers stay where they are");
  char *mem = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct iovec b = {mem, 4096};
  sys_register(shared.fd, IORING_REGISTER_BUFFERS, &b, 1);
  int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);
  strcpy(mem, "before");
  if (fork() == 0) {
    printf("child sees %s\n", mem);
    strcpy(mem, "child");
    _exit(0);
  }
  wait(0);
  strcpy(mem, "after");
  prep(&shared, IORING_OP_WRITE_FIXED, fd, mem, 6, 0, 95)->buf_index = 0;
  submit(&shared);
  reap(&shared, "x");
  pread(fd, buf, 6, 0);
  printf("written %s\n", buf);
  munmap(mem, 4096);
  prep(&shared, IORING_OP_WRITE_FIXED, fd, mem, 6, 0, 96)->buf_index = 0;
  submit(&shared);
  reap(&shared, "unmapped");

  puts("- exec");
  signal(SIGPIPE, SIG_IGN);
  int q[2];
  pipe(q);
  prep(&shared, IORING_OP_READ, q[0], buf, 3, 0, 99);
  prep(&shared, IORING_OP_READ, q[0], buf, 3, 0, 98)->flags = IOSQE_ASYNC;
  submit(&shared);
  close(q[0]);
  char a1[16], a2[16];
  sprintf(a1, "%d", shared.fd);
  sprintf(a2, "%d", q[1]);
  execl("/proc/self/exe", argv[0], a1, a2, (char *)0);
  return 1;
}
