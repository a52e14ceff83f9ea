// PROCMAP_QUERY on /proc/self/maps against the text of the same file.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

struct query {
  uint64_t size, query_flags, query_addr, vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
  uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
  uint64_t vma_name_addr, build_id_addr;
};
#define QUERY _IOWR('f', 17, struct query)

static int fd;
static char name[4096];
static char *base;

/* Page number from the test's area on; what is elsewhere is -1. */
static long near(uint64_t a) { return a >= (uint64_t)base && a < (uint64_t)base + 65536 ? (long)(a - (uint64_t)base) / 4096 : -1; }

static struct query ask(const char *what, uint64_t addr, uint64_t flags, uint32_t room) {
  struct query q = {sizeof q, flags, addr};
  q.vma_name_size = room;
  q.vma_name_addr = room ? (uint64_t)name : 0;
  errno = 0;
  int r = ioctl(fd, QUERY, &q);
  printf("%s: %d %s\n", what, r, r < 0 ? strerror(errno) : "");
  if (r == 0)
    printf("  pages %ld to %ld flags %lx page %lu offset %lu named %d\n", near(q.vma_start), near(q.vma_end), (unsigned long)q.vma_flags,
           (unsigned long)q.vma_page_size, (unsigned long)q.vma_offset, q.vma_name_size != 0);
  return q;
}

int main(void) {
  fd = open("/proc/self/maps", O_RDONLY);
  int file = open("mapped", O_RDWR | O_CREAT, 0600);
  ftruncate(file, 8 * 4096);
  base = mmap(0, 16 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(base + 4096, 15 * 4096);
  mmap(base + 2 * 4096, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, file, 3 * 4096);
  mmap(base + 3 * 4096, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  uint64_t at = (uint64_t)base;
  ask("none", at, 0, 0);
  ask("hole", at + 4096, 0, 0);
  ask("next", at + 4096, 16, 0);
  struct query q = ask("file", at + 2 * 4096 + 77, 0, sizeof name);
  char end[8] = "";
  if (q.vma_name_size > 7) strcpy(end, name + q.vma_name_size - 1 - 6);
  printf("%s inode %d\n", end, q.inode != 0);
  ask("short room", at + 2 * 4096, 0, 3);
  ask("no name", at + 3 * 4096, 0, sizeof name);
  ask("writable", at + 2 * 4096, 2, 0);
  ask("next writable", at + 4096, 2 | 16, 0);
  ask("file backed", at + 3 * 4096, 32, 0);
  ask("next shared file", at, 16 | 32 | 8, 0);
  ask("unknown flag", at, 64, 0);
  ask("beyond all", ~0UL, 16, 0);
  ask("stack", (uint64_t)&q, 2, 100);
  printf("%s\n", name);
  q.size = 8;
  q.vma_name_size = 0;
  errno = 0;
  printf("small %d %s\n", ioctl(fd, QUERY, &q), strerror(errno));
  q.size = 5000;
  printf("large %d %s\n", ioctl(fd, QUERY, &q), strerror(errno));
  printf("fault %d %s\n", ioctl(fd, QUERY, 8), strerror(errno));
  printf("other %d %s\n", ioctl(fd, 0x12345, &q), strerror(errno));
  int status = open("/proc/self/status", O_RDONLY);
  printf("not maps %d %s\n", ioctl(status, QUERY, &q), strerror(errno));
  return 0;
}
