// fork shares the set: what the child adds, changes and removes, the parent has too; items keep files alive.
#include "modes.h"
#include <sys/eventfd.h>
#define child(body)                 \
  do {                              \
    fflush(stdout);                 \
    pid_t pid_ = fork();            \
    if (pid_ == 0) {                \
      body;                         \
      fflush(stdout);               \
      _exit(0);                     \
    }                               \
    waitpid(pid_, NULL, 0);         \
  } while (0)
int main(void) {
  int ep = epoll_create1(0), a = eventfd(1, EFD_NONBLOCK), b = eventfd(1, EFD_NONBLOCK);
  add(ep, a, EPOLLIN, 1);
  child(say("child adds", add(ep, b, EPOLLIN | EPOLLET, 2)); look("child", ep));
  look("parent after the child's edge was taken", ep);
  child(say("child modifies", mod(ep, b, EPOLLIN, 3)));
  look("parent", ep);
  child(say("child removes", del(ep, a)));
  look("parent", ep);
  // A file that only the child had: its item goes with the child.
  child(int c = eventfd(1, 0); say("child's own", add(ep, c, EPOLLIN, 4)); look("child", ep));
  look("gone with the child", ep);
  // A file that the parent closed lives on in a child, so the item does.
  int gate[2], done[2];
  pipe(gate);
  pipe(done);
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    char ch;
    close(gate[1]);
    read(gate[0], &ch, 1);
    _exit(0);
  }
  close(gate[0]);
  close(b);
  look("closed here, open in the child", ep);
  close(gate[1]);
  waitpid(pid, NULL, 0);
  look("child ended", ep);
  // exec with close-on-exec: the item stays for those who still have the file.
  a = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
  add(ep, a, EPOLLIN, 5);
  child(execl("/bin/true", "true", NULL));
  look("after an exec elsewhere", ep);
  // Parent sleeps, child makes it ready.
  uint64_t v;
  read(a, &v, 8);
  pid = fork();
  if (pid == 0) {
    v = 7;
    write(a, &v, 8);
    _exit(0);
  }
  struct epoll_event e;
  int n = epoll_wait(ep, &e, 1, -1);
  printf("woken: %d %#x %llu\n", n, e.events, (unsigned long long)e.data.u64);
  waitpid(pid, NULL, 0);
  return 0;
}
