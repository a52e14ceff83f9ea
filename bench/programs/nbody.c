// Planetary n-body simulation in double precision.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
struct body { double x, y, z, vx, vy, vz, m; } b[5];
int main(int argc, char **argv) {
  int steps = argc > 1 ? atoi(argv[1]) : 2000000;
  for (int i = 0; i < 5; i++) b[i] = (struct body){i * 3.1 + 0.1, i * i * 0.7, i * -0.3, 0.01 * i, i ? 1.2 / i : 0, 0.02 * (i - 2), i ? 0.001 * i : 39.47};
  for (int s = 0; s < steps; s++) {
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++) {
        double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z, d2 = dx * dx + dy * dy + dz * dz, mag = 0.001 / (d2 * sqrt(d2));
        b[i].vx -= dx * b[j].m * mag; b[i].vy -= dy * b[j].m * mag; b[i].vz -= dz * b[j].m * mag;
        b[j].vx += dx * b[i].m * mag; b[j].vy += dy * b[i].m * mag; b[j].vz += dz * b[i].m * mag;
      }
    for (int i = 0; i < 5; i++) { b[i].x += 0.001 * b[i].vx; b[i].y += 0.001 * b[i].vy; b[i].z += 0.001 * b[i].vz; }
  }
  printf("%.9f %.9f\n", b[0].x, b[4].vy);
}
