/* vfork: the parent waits for exec or exit, and shares memory until then. */
#include "exec.h"
static volatile int shared;
int main(int argc, char **argv) {
  if (argc > 1) {
    usleep(50000);
    printf("program ends\n");
    return 3;
  }
  char *args[] = {"x", "child", NULL}, *none[] = {NULL};
  pid_t child = vfork();
  if (child == 0) {
    shared = 1;
    execve("/proc/self/exe", args, none);
    _exit(1);
  }
  printf("parent goes on, shared %d, child still there %d\n", shared, waitpid(child, NULL, WNOHANG) == 0);
  fflush(stdout);
  int status;
  waitpid(child, &status, 0);
  printf("exit %d\n", WEXITSTATUS(status));
  child = vfork();
  if (child == 0) {
    shared = 2;
    execve("/missing", args, none);
    shared = errno;
    _exit(4);
  }
  waitpid(child, &status, 0);
  printf("exec failed with %s, exit %d\n", name(shared), WEXITSTATUS(status));
  child = vfork();
  if (child == 0) {
    raise(SIGKILL);
    _exit(5);
  }
  waitpid(child, &status, 0);
  printf("signal %d\n", WTERMSIG(status));
  return 0;
}
