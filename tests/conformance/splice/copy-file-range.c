// copy_file_range: offsets, limits, overlap, errors.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "../print.h"
static char big[20000], out[40000];
int main(void) {
  for (int i = 0; i < sizeof big; i++) big[i] = i * 7 + i / 4096;
  int f = open("a", O_CREAT | O_RDWR, 0600), g = open("b", O_CREAT | O_RDWR, 0600);
  write(f, big, sizeof big);
  lseek(f, 100, SEEK_SET);
  P("positions", copy_file_range(f, 0, g, 0, 5000, 0));
  printf("%ld %ld\n", (long)lseek(f, 0, SEEK_CUR), (long)lseek(g, 0, SEEK_CUR));
  off_t a = 19000, b = 7000;
  P("offsets, cut at the end", copy_file_range(f, &a, g, &b, 5000, 0));
  printf("%ld %ld %ld %ld size %ld\n", (long)a, (long)b, (long)lseek(f, 0, SEEK_CUR), (long)lseek(g, 0, SEEK_CUR), (long)lseek(g, 0, SEEK_END));
  pread(g, out, sizeof out, 0);
  printf("right %d %d gap %d\n", !memcmp(out, big + 100, 5000), !memcmp(out + 7000, big + 19000, 1000), out[6000]);
  P("at the end", copy_file_range(f, &a, g, &b, 5000, 0));
  P("length 0", copy_file_range(f, 0, g, 0, 0, 0));
  P("flags", copy_file_range(f, 0, g, 0, 10, 1));
  a = 0;
  b = 50;
  P("overlap", copy_file_range(f, &a, f, &b, 100, 0));
  b = 100;
  P("same file", copy_file_range(f, &a, f, &b, 100, 0));
  int d = open(".", O_RDONLY), p[2];
  pipe(p);
  P("directory", copy_file_range(d, 0, g, 0, 10, 0));
  P("pipe", copy_file_range(f, 0, p[1], 0, 10, 0));
  P("pipe", copy_file_range(p[0], 0, g, 0, 10, 0));
  P("append", copy_file_range(f, 0, open("b", O_WRONLY | O_APPEND), 0, 10, 0));
  P("read-only", copy_file_range(f, 0, open("b", O_RDONLY), 0, 10, 0));
  P("write-only", copy_file_range(open("a", O_WRONLY), 0, g, 0, 10, 0));
  P("closed", copy_file_range(f, 0, 99, 0, 10, 0));
  P("fault", copy_file_range(f, (void *)8, g, 0, 10, 0));
  return 0;
}
