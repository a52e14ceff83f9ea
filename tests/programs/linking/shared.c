// Frames of a file's pages are one for all processes that map them: what smaps and pagemap say while there are four.
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void smaps(const char *what, const void *at) {
  char line[512], from[32];
  unsigned long rss = 0, pss = 0, clean = 0, dirty = 0, private_dirty = 0, value;
  int here = 0;
  FILE *f = fopen("/proc/self/smaps", "r");
  sprintf(from, "%lx-", (unsigned long)at);
  while (fgets(line, sizeof line, f)) {
    if (!strncmp(line, from, strlen(from))) here = 1;
    else if (here && sscanf(line, "Rss: %lu", &value) == 1) rss = value;
    else if (here && sscanf(line, "Pss: %lu", &value) == 1) pss = value;
    else if (here && sscanf(line, "Shared_Clean: %lu", &value) == 1) clean = value;
    else if (here && sscanf(line, "Shared_Dirty: %lu", &value) == 1) dirty = value;
    else if (here && sscanf(line, "Private_Dirty: %lu", &value) == 1) private_dirty = value;
    else if (here && !strncmp(line, "VmFlags", 7)) break;
  }
  fclose(f);
  printf("%s: rss %lu, pss %lu, shared %lu, private dirty %lu\n", what, rss, pss, clean + dirty, private_dirty);
}

static int frame(const void *at, uint64_t *pfn) {
  int fd = open("/proc/self/pagemap", O_RDONLY);
  uint64_t e = 0;
  int ok = pread(fd, &e, 8, (uintptr_t)at / 4096 * 8) == 8;
  close(fd);
  *pfn = e & ((1ull << 55) - 1);
  return ok;
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
  char page[4096];
  memset(page, 'x', sizeof page);
  for (int i = 0; i < 8; i++)
    if (write(fd, page, sizeof page) != sizeof page) return 1;
  // An executable mapping and a private one that is only read: as a library's text.
  char *text = mmap(0, 8 * 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  char *data = mmap(0, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  volatile int sum = 0;
  for (int i = 0; i < 8; i++) sum += text[i * 4096];
  smaps("text alone", text);
  int up[2], down[2];
  if (pipe(up) || pipe(down)) return 1;
  for (int i = 0; i < 3; i++)
    if (fork() == 0) {
      char c;
      for (int j = 0; j < 8; j++) sum += text[j * 4096] + data[j * 4096];
      if (write(up[1], "r", 1) != 1) _exit(1);
      if (read(down[0], &c, 1) != 1) _exit(1);
      _exit(0);
    }
  char c;
  for (int i = 0; i < 3; i++)
    if (read(up[0], &c, 1) != 1) return 1;
  for (int j = 0; j < 8; j++) sum += data[j * 4096];
  smaps("text of four", text);
  smaps("data of four", data);
  uint64_t a, b;
  if (frame(text, &a) && frame(data, &b)) printf("the same frame %d\n", a == b);
  data[0] = 1;
  smaps("data after a write", data);
  if (frame(text, &a) && frame(data, &b)) printf("the same frame %d\n", a == b && a != 0);
  if (write(down[1], "abc", 3) != 3) return 1;
  for (int i = 0; i < 3; i++) wait(0);
  smaps("text alone again", text);
  return 0;
}
