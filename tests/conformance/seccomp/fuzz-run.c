// Random programs that are right: what they compute, seen through the errno of a call, ten bits at a time.
#include "seccomp.h"
#include "random.h"

static const unsigned short body[] = {0x00, 0x01, 0x02, 0x03, 0x60, 0x61, 0x20, 0x20, 0x80, 0x81, 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c,
                                      0x54, 0x5c, 0x64, 0x6c, 0x74, 0x7c, 0x84, 0xa4, 0xac, 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d, 0x07, 0x87};
#define STMT(c, v) f[n++] = (struct sock_filter){(c), 0, 0, (v)}

static int make(struct sock_filter *f) {
  int n = 0, length = 10 + below(60);
  STMT(0x20, NR);
  f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0);
  STMT(0x06, SECCOMP_RET_ALLOW);
  for (int m = 0; m < 16; m++) {
    STMT(0x00, constant());
    STMT(0x02, m);
  }
  for (int i = 0; i < length; i++) {
    unsigned short code = body[below(COUNT(body))];
    uint32_t k = constant();
    int left = length - i - 1, jt = below(left < 8 ? left + 1 : 8), jf = below(left < 8 ? left + 1 : 8);
    switch (code) {
      case 0x02: case 0x03: case 0x60: case 0x61: k = below(16); break;
      case 0x20: k = below(2) ? 16 + 4 * below(10) : 4; break;
      case 0x34: if (k == 0) k = 7; break;
      case 0x64: case 0x74: k = below(32); break;
      case 0x05: k = below(left < 8 ? left + 1 : 8); break;
    }
    f[n++] = (struct sock_filter){code, jt, jf, k};
  }
  // A, X and the memory together, and of that the ten bits that the sixth argument asks for.
  STMT(0x0c, 0);
  for (int m = 0; m < 16; m++) {
    STMT(0x24, 0x9e3779b1);
    STMT(0x61, m);
    STMT(0xac, 0);
  }
  STMT(0x07, 0);
  STMT(0x03, 0);
  STMT(0x20, ARG(5));
  STMT(0x07, 0);
  STMT(0x60, 0);
  STMT(0x7c, 0);
  STMT(0x54, 0x3ff);
  STMT(0x44, SECCOMP_RET_ERRNO);
  STMT(0x16, 0);
  return n;
}
static long call(long a, long b, int shift) {
  long r;
  register long r9 asm("r9") = shift, r8 asm("r8") = 0xcafebabe12345678, r10 asm("r10") = 0x80000000;
  asm volatile("syscall" : "=a"(r) : "a"(SYS_getppid), "D"(a), "S"(b), "d"(-1L), "r"(r9), "r"(r8), "r"(r10) : "rcx", "r11", "memory");
  return r;
}
int main(void) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  for (int i = 0; i < 300; i++) {
    struct sock_filter f[300];
    int n = make(f);
    long a = ((long)rnd() << 32) | constant(), b = ((long)constant() << 32) | rnd();
    fflush(stdout);
    pid_t p = fork();
    if (p == 0) {
      char line[64];
      if (install(f, n, 0) != 0) _exit(1);
      uint32_t v = 0;
      for (int shift = 0; shift < 32; shift += 10) v |= -call(a, b, shift) << shift;
      sprintf(line, "%d: %08x\n", i, v);
      write(1, line, strlen(line));
      _exit(0);
    }
    int status;
    waitpid(p, &status, 0);
    // Division by zero returns 0, which kills.
    if (status) printf("%d: %x\n", i, status);
  }
}
