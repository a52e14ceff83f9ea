// First touch of anonymous pages, then their release.
#include <stdlib.h>
#include <sys/mman.h>
int main(int argc, char **argv) {
  for (long n = argc > 1 ? atol(argv[1]) : 100; n > 0; n--) {
    char *p = mmap(0, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(p, 2 << 20, MADV_NOHUGEPAGE);
    for (long i = 0; i < 2 << 20; i += 4096) p[i] = 1;
    munmap(p, 2 << 20);
  }
}
