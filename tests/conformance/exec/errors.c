/* Why a program is not started. */
#include "exec.h"
static char *arg[] = {"x", NULL}, *none[] = {NULL};
int main(void) {
  runs("missing", "./missing", arg, none);
  runs("empty path", "", arg, none);
  mkdir("directory", 0755);
  runs("directory", "./directory", arg, none);
  put("plain", "echo", 4, 0644);
  runs("no permission", "./plain", arg, none);
  runs("below a file", "./plain/x", arg, none);
  put("empty", "", 0, 0755);
  runs("empty file", "./empty", arg, none);
  put("short", "\177ELF", 4, 0755);
  runs("only a magic number", "./short", arg, none);
  put("text", "just text\n", 10, 0755);
  runs("text", "./text", arg, none);
  symlink("loop", "loop");
  runs("loop", "./loop", arg, none);
  symlink("nowhere", "dangling");
  runs("dangling link", "./dangling", arg, none);
  char path[5000];
  memset(path, 'p', sizeof path);
  path[300] = 0;
  runs("long name", path, arg, none);
  path[300] = 'p';
  path[4999] = 0;
  runs("long path", path, arg, none);
  runs("bad path", (char *)8, arg, none);
  mkfifo("fifo", 0755);
  runs("fifo", "./fifo", arg, none);
  runs("device", "/dev/null", arg, none);
  /* a program that is open for writing, and one that runs and cannot be opened so */
  put("busy", "#!/nothing\n", 11, 0755);
  int fd = open("busy", O_WRONLY);
  runs("open for writing", "./busy", arg, none);
  close(fd);
  runs("not any more", "./busy", arg, none);
  return 0;
}
