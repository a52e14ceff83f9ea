/* Scripts: the #! line, its argument, chains of interpreters. */
#include "exec.h"
static char self[4096];
static void check(const char *what, const char *text) {
  char *argv[] = {"ignored", "one", "two", NULL}, *none[] = {NULL};
  script("s", text);
  runs(what, "./s", argv, none);
}
static char *line(const char *format, ...) {
  static char text[8192];
  va_list ap;
  __builtin_va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  return text;
}
int main(int argc, char **argv) {
  if (getppid() && argc > 1) {
    for (int i = 0; i < argc; i++) {
      char *base = strrchr(argv[i], '/');
      printf(" [%s]", i == 0 ? (base ? "program" : "name") : argv[i]);
    }
    char comm[32] = "";
    int fd = open("/proc/self/comm", O_RDONLY);
    read(fd, comm, 31);
    printf(" comm %s", comm);
    return 7;
  }
  /* short enough for one line: a link to this program */
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  self[n] = 0;
  int in = open(self, O_RDONLY), out = open("me", O_WRONLY | O_CREAT, 0755);
  char block[65536];
  while ((n = read(in, block, sizeof block)) > 0) write(out, block, n);
  close(in);
  close(out);
  check("plain", "#!./me\n");
  check("argument", "#!./me -x\n");
  check("two words are one", "#!./me -x  -y\n");
  check("blanks", "#! \t ./me \t -x y \t \n");
  check("no line end", "#!./me");
  check("no line end, argument", "#!./me arg");
  check("NUL", "#!./me a\0b\n");
  check("carriage return", "#!./me\r\n");
  check("empty", "#!\n");
  check("only blanks", "#!   \n");
  check("nothing", "#!");
  check("missing interpreter", "#!./nobody\n");
  check("interpreter is a directory", "#!/\n");
  check("interpreter may not run", "#!/proc/self/status\n");
  char spaces[300];
  memset(spaces, ' ', 299);
  spaces[299] = 0;
  check("long blanks", line("#!%s./me\n", spaces));
  check("long argument", line("#!./me %0300d\n", 1));
  check("long path", line("#!%s./me\n", "./././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././././."));
  /* chains */
  script("a1", "#!./me deep\n");
  for (int i = 2; i <= 8; i++) {
    char from[8];
    snprintf(from, sizeof from, "a%d", i);
    script(from, line("#!./a%d -%d\n", i - 1, i));
  }
  char *args[] = {"ignored", "z", NULL}, *none[] = {NULL};
  for (int i = 1; i <= 8; i++) runs(line("chain %d", i), line("./a%d", i) + 0 == NULL ? "" : strdup(line("./a%d", i)), args, none);
  script("loop", "#!./loop\n");
  runs("loop", "./loop", args, none);
  chmod("a1", 0644);
  runs("unreadable link", "./a2", args, none);
  return 0;
}
