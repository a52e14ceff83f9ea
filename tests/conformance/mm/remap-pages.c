/* remap_file_pages and protection keys without the processor's help. */
#include "mm.h"
int main(void) {
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  char page[PAGE];
  for (int i = 0; i < 8; i++) {
    memset(page, 'a' + i, PAGE);
    write(fd, page, PAGE);
  }
  char *p = mmap(NULL, 8 * PAGE, RW, MAP_SHARED, fd, 0);
  result("exchange", remap_file_pages(p, PAGE, 0, 7, 0));
  result("exchange", remap_file_pages(p + 7 * PAGE, PAGE, 0, 0, 0));
  for (int i = 0; i < 8; i++) putchar(p[i * PAGE]);
  printf("\n");
  result("protection", remap_file_pages(p, PAGE, PROT_READ, 0, 0));
  result("size 0", remap_file_pages(p, 100, 0, 0, 0));
  result("nothing there", remap_file_pages((void *)0x10000, PAGE, 0, 0, 0));
  char *q = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
  result("private", remap_file_pages(q, PAGE, 0, 1, 0));
  char *a = mmap(NULL, 2 * PAGE, RW, ANON, -1, 0);
  result("anonymous", remap_file_pages(a, PAGE, 0, 1, 0));
  result("pkey_mprotect -1", syscall(SYS_pkey_mprotect, a, PAGE, PROT_READ, -1));
  areas("changed", a, 2 * PAGE);
  result("pkey_mprotect 20", syscall(SYS_pkey_mprotect, a, PAGE, PROT_READ, 20));
  return 0;
}
