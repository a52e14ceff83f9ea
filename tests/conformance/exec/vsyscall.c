// The vsyscall page: three entries that the kernel emulates, execute-only; everything else about it faults.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <errno.h>

#define PAGE 0xffffffffff600000ull
typedef long (*gettimeofday_t)(struct timeval *, struct timezone *);
typedef long (*time_t_)(time_t *);
typedef long (*getcpu_t)(unsigned *, unsigned *, void *);

static sigjmp_buf back;
static siginfo_t got;
static uint64_t at, fault_error, cr2;

static void handler(int sig, siginfo_t *si, void *uc) {
  got = *si;
  at = ((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP];
  fault_error = ((ucontext_t *)uc)->uc_mcontext.gregs[REG_ERR];
  cr2 = ((ucontext_t *)uc)->uc_mcontext.gregs[REG_CR2];
  siglongjmp(back, sig);
}

#define TRY(name, code)                                                                                      \
  do {                                                                                                       \
    int sig = sigsetjmp(back, 1);                                                                            \
    if (sig == 0) {                                                                                          \
      code;                                                                                                  \
      printf("%s: no fault\n", name);                                                                        \
    } else {                                                                                                 \
      printf("%s: signal %d code %d addr %llx%s\n", name, sig, got.si_code, (unsigned long long)got.si_addr, \
             at >= PAGE ? " at the page" : "");                                                              \
    }                                                                                                        \
  } while (0)

int main(void) {
  struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &sa, 0);
  sigaction(SIGBUS, &sa, 0);

  struct timeval a, b;
  struct timezone zone = {7, 7};
  gettimeofday_t tod = (gettimeofday_t)PAGE;
  gettimeofday(&a, 0);
  long r = tod(&b, &zone);
  long apart = (b.tv_sec - a.tv_sec) * 1000000 + b.tv_usec - a.tv_usec;
  printf("gettimeofday %ld, close %d, zone %d %d\n", r, apart >= 0 && apart < 1000000, zone.tz_minuteswest, zone.tz_dsttime);
  printf("gettimeofday without arguments %ld\n", tod(0, 0));
  time_t t = 0, now = time(0);
  r = ((time_t_)(PAGE + 0x400))(&t);
  printf("time %d, stored %d\n", r - now >= 0 && r - now <= 1, r == t);
  unsigned cpu = 77777, node = 77777;
  r = ((getcpu_t)(PAGE + 0x800))(&cpu, &node, 0);
  printf("getcpu %ld %d %u\n", r, cpu < 4096, node);
  errno = 99;
  tod(&b, 0);
  printf("errno is left alone: %d\n", errno);

  // What the call clobbers: rcx and r11 do not change, it is no syscall instruction.
  uint64_t rcx = 1, r11 = 2, rax = 5;
  asm volatile("mov $0x1111, %%rcx\n\tmov $0x2222, %%r11\n\txor %%edi, %%edi\n\tcall *%3\n\tmov %%rcx, %0\n\tmov %%r11, %1\n\tmov %%rax, %2"
               : "=&r"(rcx), "=&r"(r11), "=&r"(rax)
               : "b"(PAGE + 0x400)
               : "rcx", "r11", "rdi", "rsi", "rdx", "r8", "r9", "r10", "rax", "memory");
  printf("rcx %llx, r11 kept %d, time %d\n", (unsigned long long)rcx, r11 == 0x2222, rax - (uint64_t)now <= 2);

  TRY("read", (void)*(volatile char *)PAGE);
  printf("error code %llx, cr2 right %d\n", (unsigned long long)fault_error, cr2 == PAGE);
  TRY("write", *(volatile char *)PAGE = 1);
  TRY("read in the middle", (void)*(volatile char *)(PAGE + 0x401));
  TRY("wrong entry", ((time_t_)(PAGE + 1))(0));
  TRY("fourth entry", ((time_t_)(PAGE + 0xc00))(0));
  TRY("after the page", ((time_t_)(PAGE + 0x1000))(0));
  TRY("before the page", ((time_t_)(PAGE - 0x1000))(0));
  TRY("bad pointer", ((time_t_)(PAGE + 0x400))((time_t *)8));
  TRY("bad timeval", tod((struct timeval *)8, 0));
  TRY("kernel pointer", ((time_t_)(PAGE + 0x400))((time_t *)0xffffffff81000000ull));

  // The kernel may not read it for the program either.
  int fds[2];
  if (pipe(fds)) return 1;
  r = write(fds[1], (void *)PAGE, 1);
  printf("write from it: %ld %s\n", r, strerrorname_np(errno));
  printf("mprotect %d", mprotect((void *)PAGE, 4096, PROT_READ));
  printf(" %s\n", strerrorname_np(errno));
  printf("munmap %d", munmap((void *)PAGE, 4096));
  printf(" %s\n", strerrorname_np(errno));
  unsigned char vec;
  printf("mincore %d", mincore((void *)PAGE, 4096, &vec));
  printf(" %s\n", strerrorname_np(errno));

  FILE *f = fopen("/proc/self/maps", "r");
  char line[512];
  while (fgets(line, sizeof line, f))
    if (strstr(line, "[vsyscall]")) fputs(line, stdout);
  return 0;
}
