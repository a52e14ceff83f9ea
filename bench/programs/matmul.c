// 256 x 256 double matrix product.
#include <stdio.h>
#include <stdlib.h>
static double a[256][256], b[256][256], c[256][256];
int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 80;
  for (int i = 0; i < 256; i++) for (int j = 0; j < 256; j++) { a[i][j] = i * 0.5 - j; b[i][j] = j * 0.25 + i; }
  for (int r = 0; r < rounds; r++) {
    for (int i = 0; i < 256; i++) for (int j = 0; j < 256; j++) c[i][j] = 0;
    for (int i = 0; i < 256; i++) for (int k = 0; k < 256; k++) { double x = a[i][k]; for (int j = 0; j < 256; j++) c[i][j] += x * b[k][j]; }
    a[r][r] += c[r][255 - r] * 1e-9;
  }
  printf("%.6f\n", c[17][200] + c[255][1]);
}
