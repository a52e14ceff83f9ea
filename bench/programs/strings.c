// String operations of the C library: strlen, memcpy, strcmp, strstr, memchr, snprintf.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 800000;
  static char a[4096], b[4096];
  unsigned long sum = 0;
  for (int i = 0; i < 4000; i++) a[i] = 'a' + i * 7 % 23;
  a[4000] = 0;
  for (int r = 0; r < rounds; r++) {
    memcpy(b, a, 4001);
    b[r % 4000] = 'z';
    sum += strlen(b) + (unsigned)abs(strcmp(a, b)) % 3;
    char *p = memchr(b, 'z', 4000);
    sum += p - b;
    char num[32];
    sum += snprintf(num, sizeof num, "%d:%s", r, "xyz");
    p = strstr(a + 2000, num);
    sum += p != 0;
    strcat(strcpy(num, "k"), "v");
    sum += num[1];
  }
  printf("%lu\n", sum);
}
