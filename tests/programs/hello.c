#include <math.h>
#include <stdio.h>

int main(int argc, char **argv) {
  printf("hello %s, %d arguments, %.3f\n", argc > 1 ? argv[1] : "?", argc, 22 / 7.0);
  return argc;
}
