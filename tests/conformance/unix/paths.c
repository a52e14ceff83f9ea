// Path addresses: the inode, errors of bind and connect, unlinking, permissions, names without NUL, abstract names.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int with(int (*f)(int, const struct sockaddr *, socklen_t), int fd, const char *name, int length) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  memcpy(a.sun_path, name, length);
  return f(fd, (void *)&a, offsetof(struct sockaddr_un, sun_path) + length);
}
static void say(const char *what, int r) { printf("%s: %s\n", what, r < 0 ? strerror(errno) : "ok"); }
static int new(int type) { return socket(AF_UNIX, type, 0); }

int main(void) {
  char dir[] = "/tmp/unix-XXXXXX", name[120];
  mkdtemp(dir);
  chdir(dir);
  umask(027);
  int s = new(SOCK_STREAM);
  say("bind", with(bind, s, "sock", 5));
  struct stat st;
  stat("sock", &st);
  printf("mode %o\n", st.st_mode);
  say("again the same socket", with(bind, s, "other", 6));
  say("another socket, same name", with(bind, new(SOCK_STREAM), "sock", 5));
  say("directory missing", with(bind, new(SOCK_STREAM), "none/sock", 10));
  say("connect, not listening", with(connect, new(SOCK_STREAM), "sock", 5));
  say("listen", listen(s, 5));
  say("connect with another type", with(connect, new(SOCK_DGRAM), "sock", 5));
  say("connect to nothing", with(connect, new(SOCK_STREAM), "nothing", 8));
  close(open("file", O_CREAT | O_RDWR, 0644));
  say("connect to a file", with(connect, new(SOCK_STREAM), "file", 5));
  int c = new(SOCK_STREAM);
  say("connect", with(connect, c, "sock", 4));
  say("connect again", with(connect, c, "sock", 5));
  struct sockaddr_un a;
  socklen_t n = sizeof a;
  getpeername(c, (void *)&a, &n);
  printf("peer %s, %u bytes\n", a.sun_path, n);
  n = sizeof a;
  getsockname(c, (void *)&a, &n);
  printf("own name %u bytes\n", n);
  n = 4;
  getpeername(c, (void *)&a, &n);
  printf("cut, true length %u\n", n);
  chmod("sock", 0);
  say("open it", open("sock", O_RDWR));
  say("O_PATH", open("sock", O_PATH));
  unlink("sock");
  say("after unlink", with(connect, new(SOCK_STREAM), "sock", 5));
  say("bind the name again", with(bind, new(SOCK_STREAM), "sock", 5));
  memset(name, 'x', sizeof name);
  say("108 bytes without NUL", with(bind, new(SOCK_STREAM), name, 108));
  printf("exists %d\n", (name[108] = 0, access(name, F_OK)));
  unlink(name);
  int ab = new(SOCK_STREAM), autob = new(SOCK_DGRAM);
  say("abstract", with(bind, ab, "\0abc\0def", 8));
  say("abstract taken", with(bind, new(SOCK_STREAM), "\0abc\0def", 8));
  say("abstract, other type", with(bind, new(SOCK_DGRAM), "\0abc\0def", 8));
  say("abstract, shorter", with(bind, new(SOCK_STREAM), "\0abc", 4));
  listen(ab, 1);
  say("connect abstract", with(connect, new(SOCK_STREAM), "\0abc\0def", 8));
  say("connect abstract unknown", with(connect, new(SOCK_STREAM), "\0zzz", 4));
  say("autobind", with(bind, autob, "", 0));
  n = sizeof a;
  getsockname(autob, (void *)&a, &n);
  printf("autobound: %u bytes, first %d\n", n, a.sun_path[0]);
  close(ab);
  say("abstract free again", with(bind, new(SOCK_STREAM), "\0abc\0def", 8));
  unlink("sock");
  unlink("file");
  chdir("/");
  rmdir(dir);
}
