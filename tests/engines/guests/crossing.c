// A hot loop with an instruction that lies in two pages, while the second page is written to, replaced,
// and different in another process.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
typedef uint32_t (*loop_t)(uint32_t start, uint32_t count);

// mov eax, edi; loop: add eax, imm32 (its last three bytes in the second page); dec esi; jnz loop; ret
static const uint8_t code[] = {0x89, 0xf8, 0x05, 0x01, 0, 0, 0, 0xff, 0xce, 0x75, 0xf7, 0xc3};
#define START (PAGE - 4)

static uint8_t *map(void *at, int flags) {
  uint8_t *p = mmap(at, at ? PAGE : 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  if (p == MAP_FAILED) perror("mmap"), _exit(1);
  return p;
}

int main(void) {
  uint8_t *pages = map(NULL, 0);
  memcpy(pages + START, code, sizeof code);
  loop_t run = (loop_t)(pages + START);
  uint32_t sum = run(0, 3000000);
  printf("first %u\n", sum);
  for (int i = 0; i < 200; i++) {
    pages[PAGE] = i;
    sum = run(sum, 5000);
  }
  printf("written %u\n", sum);
  for (int i = 0; i < 50; i++) {
    map(pages + PAGE, MAP_FIXED);
    memcpy(pages + PAGE, code + 4, sizeof code - 4);
    pages[PAGE + 1] = i;
    sum = run(sum, 20000);
  }
  printf("replaced %u\n", sum);
  fflush(stdout);
  for (int i = 0; i < 3; i++) {
    pid_t child = fork();
    if (child == 0) {
      pages[PAGE + 2] = i + 1;
      printf("child %d: %u\n", i, run(sum, 1000000));
      fflush(stdout);
      _exit(0);
    }
    sum = run(sum, 100000);
    waitpid(child, NULL, 0);
    sum = run(sum, 100000);
    printf("parent %u\n", sum);
    fflush(stdout);
  }
  // The second page goes away: the fetch faults, in the child.
  pid_t child = fork();
  if (child == 0) {
    munmap(pages + PAGE, PAGE);
    run(0, 1);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("without the second page: signal %d\n", WTERMSIG(status));
  return 0;
}
