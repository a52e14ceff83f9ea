/* A program started without any argument gets one that is empty. */
#include "exec.h"
int main(int argc, char **argv) {
  if (getenv("EMPTY")) {
    printf("argc %d [%s] null %d\n", argc, argv[0], argv[1] == NULL);
    return 0;
  }
  char *none[] = {NULL}, *env[] = {"EMPTY=1", NULL};
  runs("empty", "/proc/self/exe", none, env);
  runs("null", "/proc/self/exe", NULL, env);
  return 0;
}
