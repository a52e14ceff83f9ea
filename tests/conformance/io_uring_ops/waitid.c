// WAITID, EPOLL_CTL, EPOLL_WAIT.
#include "common.h"
static struct io_uring_sqe *waitop(struct ring *r, int type, int id, siginfo_t *si, int options, uint64_t data) {
  struct io_uring_sqe *q = sqe(r, OP_WAITID, id, 0, type, (uintptr_t)si, data);
  q->splice_fd_in = options;
  return q;
}
static void info(const char *what, siginfo_t *si, pid_t pid) {
  printf("%s: signo %d code %d status %d pid %s\n", what, si->si_signo, si->si_code, si->si_status, si->si_pid == pid ? "of the child" : si->si_pid ? "other" : "0");
}
int main(void) {
  struct ring r;
  ring_init(&r, 16, 0);
  siginfo_t si;
  memset(&si, 77, sizeof si);
  pid_t c;
  struct io_uring_sqe *q;
  waitop(&r, P_ALL, 0, &si, WEXITED, 1), go(&r, "no child", 1);
  if (!(c = fork())) settle(), _exit(7);
  waitop(&r, P_PID, c, &si, WEXITED | WNOHANG, 2), go(&r, "nohang", 1);
  info("nohang", &si, c);
  waitop(&r, P_PID, c, &si, WEXITED, 3), submit(&r);
  show(&r, "exit", 1), info("exit", &si, c);
  if (!(c = fork())) raise(SIGSTOP), pause();
  waitop(&r, P_PID, c, &si, WSTOPPED, 4), submit(&r), show(&r, "stopped", 1), info("stopped", &si, c);
  waitop(&r, P_ALL, 0, &si, WEXITED | WCONTINUED, 5), submit(&r);
  quiet(&r, "stopped does not count");
  kill(c, SIGCONT);
  show(&r, "continued", 1), info("continued", &si, c);
  kill(c, SIGKILL);
  waitop(&r, P_PID, c, &si, WEXITED | WNOWAIT, 6), submit(&r), show(&r, "nowait", 1), info("nowait", &si, c);
  waitop(&r, P_PID, c, 0, WEXITED, 7), submit(&r), show(&r, "no info", 1);
  waitop(&r, P_PID, c, &si, WEXITED, 7), submit(&r), show(&r, "gone", 1);
  // cancelled
  if (!(c = fork())) pause();
  waitop(&r, P_PID, c, &si, WEXITED, 8), submit(&r);
  quiet(&r, "lives");
  sqe(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)8, 0, 0, 9), go(&r, "cancelled", 2);
  // a bad address
  waitop(&r, P_PID, c, (void *)8, WEXITED, 10), submit(&r);
  kill(c, SIGKILL), show(&r, "efault", 1);
  printf("waitpid %d\n", waitpid(c, 0, 0) < 0 ? -errno : 1);
  // refused
  waitop(&r, P_ALL, 0, &si, 0, 11), go(&r, "no options", 1);
  waitop(&r, 77, 0, &si, WEXITED, 11), go(&r, "type", 1);
  waitop(&r, P_PID, 0, &si, WEXITED, 11), go(&r, "pid 0", 1);
  waitop(&r, P_ALL, 0, &si, WEXITED, 11)->addr = 1, go(&r, "addr", 1);
  waitop(&r, P_ALL, 0, &si, WEXITED, 11)->rw_flags = 1, go(&r, "flags", 1);
  waitop(&r, P_ALL, 0, &si, WEXITED, 11)->buf_index = 1, go(&r, "buf_index", 1);
  q = waitop(&r, P_ALL, 0, &si, WEXITED, 11), *(uint64_t *)((char *)q + 48) = 1, go(&r, "addr3", 1);
  // two waiters, two children
  pid_t d;
  if (!(c = fork())) settle(), _exit(1);
  if (!(d = fork())) settle(), settle(), _exit(2);
  siginfo_t sj;
  waitop(&r, P_PID, d, &sj, WEXITED, 12), waitop(&r, P_PID, c, &si, WEXITED, 13), submit(&r);
  show(&r, "of two", 2), info("first", &si, c), info("second", &sj, d);
  // linked to a timeout
  if (!(c = fork())) pause();
  struct __kernel_timespec ts = {0, 20000000};
  waitop(&r, P_PID, c, &si, WEXITED, 14)->flags = IOSQE_IO_LINK;
  sqe(&r, IORING_OP_LINK_TIMEOUT, -1, &ts, 1, 0, 15), submit(&r);
  for (int i = 0; i < 2; i++) { struct io_uring_cqe e = wait_cqe(&r); print_cqe(e.user_data == 14 ? "timed out" : "the timeout", e); }
  kill(c, SIGKILL), waitpid(c, 0, 0);
}
