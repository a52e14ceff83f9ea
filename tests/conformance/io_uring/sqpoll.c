/* SQPOLL: a thread takes SQEs; the program reads and writes without a system call. */
#include "uring.h"
#include <dirent.h>

static void wait_cqe(struct ring *r) {
  while (!ready(r)) {
    /* a slow machine: the thread may have gone to sleep */
    if (__atomic_load_n(r->sq_flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP) sys_enter(r->fd, 0, 0, IORING_ENTER_SQ_WAKEUP, 0, 0);
  }
}
static int threads_named(const char *prefix) {
  DIR *d = opendir("/proc/self/task");
  struct dirent *e;
  int n = 0;
  while ((e = readdir(d))) {
    char path[300], comm[64] = {0};
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", e->d_name);
    int fd = open(path, O_RDONLY);
    if (fd < 0) continue;
    read(fd, comm, 63);
    close(fd);
    if (!strncmp(comm, prefix, strlen(prefix))) n++;
  }
  closedir(d);
  return n;
}
static int field(int fd, const char *name) {
  char path[64], buf[4096];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  int f = open(path, O_RDONLY), n = read(f, buf, 4095);
  close(f);
  buf[n] = 0;
  char *p = strstr(buf, name);
  return p ? atoi(p + strlen(name)) : -2;
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  struct ring r;
  struct io_uring_params p = {.flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 50};
  printf("init %s\n", err(ring_init_params(&r, 8, &p)));
  char name[32];
  snprintf(name, 32, "iou-sqp-%d", getpid());
  while (threads_named(name) != 1) usleep(1000);
  char task[64];
  sprintf(task, "/proc/self/task/%d", field(r.fd, "SqThread:\t"));
  printf("fdinfo names a thread %d, not us %d\n", access(task, F_OK) == 0, field(r.fd, "SqThread:\t") != getpid());

  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
  char buf[64] = {0};
  prep(&r, IORING_OP_WRITE, fd, "hello", 5, 0, 1);
  flush(&r);
  wait_cqe(&r);
  reap(&r, "write");
  prep(&r, IORING_OP_READ, fd, buf, 5, 0, 2);
  flush(&r);
  wait_cqe(&r);
  reap(&r, "read");
  printf("%s\n", buf);
  /* a thousand reads, none by a call */
  int ok = 0;
  for (int i = 0; i < 1000; i++) {
    buf[0] = 0;
    prep(&r, IORING_OP_READ, fd, buf, 5, 0, i);
    flush(&r);
    wait_cqe(&r);
    ok += peek(&r)->res == 5 && buf[0] == 'h' && peek(&r)->user_data == i;
    seen(&r);
  }
  printf("%d of 1000\n", ok);
  /* links */
  prep(&r, IORING_OP_WRITE, fd, "ABC", 3, 0, 10)->flags = IOSQE_IO_LINK;
  prep(&r, IORING_OP_READ, fd, buf, 5, 0, 11);
  flush(&r);
  wait_cqe(&r);
  reap(&r, "link");
  wait_cqe(&r);
  reap(&r, "link");
  printf("%s\n", buf);
  /* a pipe that is filled later */
  int pp[2];
  pipe(pp);
  memset(buf, 0, 64);
  prep(&r, IORING_OP_READ, pp[0], buf, 10, 0, 20);
  flush(&r);
  usleep(10000);
  printf("ready %u\n", ready(&r));
  write(pp[1], "pipe", 4);
  wait_cqe(&r);
  reap(&r, "pipe");
  /* idle: it wants to be woken */
  while (!(__atomic_load_n(r.sq_flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP)) usleep(10000);
  printf("need wakeup %d\n", !!(__atomic_load_n(r.sq_flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP));
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 30);
  flush(&r);
  usleep(10000);
  printf("ready %u\n", ready(&r));
  printf("wakeup %s\n", err(res(sys_enter(r.fd, 0, 0, IORING_ENTER_SQ_WAKEUP, 0, 0))));
  wait_cqe(&r);
  reap(&r, "nop");
  /* submit count is what was asked */
  prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 31);
  flush(&r);
  printf("enter %s\n", err(res(sys_enter(r.fd, 1, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP, 0, 0))));
  reap(&r, "nop");
  /* room in the ring */
  for (int i = 0; i < 8; i++) prep(&r, IORING_OP_NOP, 0, 0, 0, 0, 40 + i);
  flush(&r);
  printf("sq wait %s\n", err(res(sys_enter(r.fd, 0, 0, IORING_ENTER_SQ_WAIT | IORING_ENTER_SQ_WAKEUP, 0, 0))));
  for (int i = 0; i < 8; i++) {
    wait_cqe(&r);
    reap(&r, "nop");
  }
  /* two rings, one thread */
  struct ring r2;
  struct io_uring_params p2 = {.flags = IORING_SETUP_SQPOLL | IORING_SETUP_ATTACH_WQ, .wq_fd = r.fd, .sq_thread_idle = 50};
  printf("attach %s\n", err(ring_init_params(&r2, 4, &p2)));
  printf("threads %d\n", threads_named(name));
  prep(&r2, IORING_OP_NOP, 0, 0, 0, 0, 60);
  flush(&r2);
  sys_enter(r2.fd, 0, 0, IORING_ENTER_SQ_WAKEUP, 0, 0);
  wait_cqe(&r2);
  reap(&r2, "second ring");
  struct io_uring_params bad = {.flags = IORING_SETUP_SQPOLL | IORING_SETUP_ATTACH_WQ, .wq_fd = fd};
  printf("attach to a file %s\n", err(res(sys_setup(4, &bad))));
  bad.wq_fd = 99;
  printf("attach to nothing %s\n", err(res(sys_setup(4, &bad))));
  bad = (struct io_uring_params){.flags = IORING_SETUP_SQ_AFF};
  printf("affinity without thread %s\n", err(res(sys_setup(4, &bad))));
  bad = (struct io_uring_params){.flags = IORING_SETUP_SQPOLL | IORING_SETUP_SQ_AFF, .sq_thread_cpu = 5000};
  printf("no such cpu %s\n", err(res(sys_setup(4, &bad))));
  bad = (struct io_uring_params){.flags = IORING_SETUP_SQPOLL | IORING_SETUP_COOP_TASKRUN};
  printf("with coop taskrun %s\n", err(res(sys_setup(4, &bad))));
  ring_exit(&r2);
  ring_exit(&r);
  usleep(100000);
  printf("threads %d\n", threads_named("iou-sqp"));
  return 0;
}
