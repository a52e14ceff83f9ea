#include <stdio.h>
#include <string.h>

int main(void) {
  char text[64];
  int sum = 0;
  while (fgets(text, sizeof text, stdin)) {
    int length = strlen(text);
    sum += length;
  }
  printf("%d\n", sum);
  return sum;
}
