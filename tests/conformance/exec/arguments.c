/* What arrives of arguments and environment, and where it lies. */
#include "exec.h"
int main(int argc, char **argv) {
  if (argc > 0 && argv[0] && !strcmp(argv[0], "show")) {
    printf("argc %d:", argc);
    for (int i = 0; i < argc; i++) printf(" [%s]", argv[i]);
    printf(" null %d\n", argv[argc] == NULL);
    int n = 0;
    while (environ[n]) n++;
    printf("env %d:", n);
    for (int i = 0; i < n; i++) printf(" [%s]", environ[i]);
    printf("\n");
    /* one behind the other: arguments, environment, file name, eight zero bytes at the end */
    int ordered = 1;
    char *at = argv[0];
    for (int i = 0; i < argc; i++) {
      ordered &= argv[i] == at;
      at += strlen(at) + 1;
    }
    for (int i = 0; i < n; i++) {
      ordered &= environ[i] == at;
      at += strlen(at) + 1;
    }
    char *file = (char *)getauxval(AT_EXECFN);
    printf("ordered %d, file name behind %d, %d\n", ordered, file == at, strcmp(file, "/proc/self/exe") == 0);
    unsigned long end = (unsigned long)(file + strlen(file) + 1);
    printf("end %lu %lx\n", (end + 8) % 4096, *(unsigned long *)end);
    printf("envp behind argv %d, auxv behind envp %d\n", (char *)environ == (char *)(argv + argc + 1), ((unsigned long *)(environ + n + 1))[0] != 0);
    return 0;
  }
  char *none[] = {NULL};
  char *a1[] = {"show", NULL};
  char *a2[] = {"show", "", "two words", "\377\200", "x", NULL};
  char *e1[] = {"A=1", "", "NOEQUALS", "B=2=3", NULL};
  runs("plain", "/proc/self/exe", a1, none);
  runs("many", "/proc/self/exe", a2, e1);
  char *big[3002];
  for (int i = 0; i < 3000; i++) big[i + 1] = "argument";
  big[0] = "count";
  big[3001] = NULL;
  if (argc > 1000) {
    int same = 1;
    for (int i = 1; i < argc; i++) same &= !strcmp(argv[i], "argument");
    printf("%d arguments, same %d\n", argc, same);
    return 0;
  }
  if (argc > 1 && !strcmp(argv[1], "long")) {
    printf("long %zu\n", strlen(argv[2]));
    return 0;
  }
  runs("thousands", "/proc/self/exe", big, none);
  size_t length = 131072;
  char *text = malloc(length + 10);
  memset(text, 'l', length + 10);
  char *l[] = {"x", "long", text, NULL};
  text[length - 1] = 0;
  runs("longest", "/proc/self/exe", l, none);
  text[length - 1] = 'l';
  text[length] = 0;
  runs("too long", "/proc/self/exe", l, none);
  /* a null argv */
  runs("null arguments", "/nonexistent", NULL, NULL);
  runs("bad argv", "/proc/self/exe", (char **)8, none);
  char *badArg[] = {"x", (char *)8, NULL};
  runs("bad argument", "/proc/self/exe", badArg, none);
  runs("bad environment", "/proc/self/exe", a1, badArg);
  return 0;
}
