// rt_sigreturn with frames that a random generator has damaged: every outcome must be Linux's, none may hurt the kernel.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static unsigned long state;
static unsigned next(void) {
  state = state * 6364136223846793005ul + 1442695040888963407ul;
  return state >> 33;
}
static volatile int back;

static void handler(int sig, siginfo_t *info, void *context) {
  (void)sig, (void)info;
  ucontext_t *uc = context;
  // Damage words of the saved context, in places that matter and in random ones (not beyond what any processor saves).
  static const int places[] = {REG_RIP, REG_RSP, REG_EFL, REG_CSGSFS, REG_ERR, REG_TRAPNO, REG_OLDMASK, REG_CR2, REG_RBX, REG_R15};
  static const unsigned long values[] = {0, 1, -1ul, 0x8000000000000000ul, 0x00007ffffffff000ul, 0x800000000000ul, 0xffffffff80000000ul, 0x2b000000000033ul, 0x33, 0x23};
  int many = 1 + next() % 3;
  for (int i = 0; i < many; i++) {
    unsigned long value = next() % 2 ? values[next() % 10] : (unsigned long)next() << 32 | next();
    switch (next() % 5) {
      case 0: uc->uc_mcontext.gregs[places[next() % 10]] = value; break;
      case 1: uc->uc_mcontext.fpregs = (void *)value; break;
      case 2: ((unsigned long *)uc)[next() % 54] = value; break;
      case 3: {
        // The first word of the header says which features are there: that differs between processors.
        int word = next() % 144;
        if (uc->uc_mcontext.fpregs && word != 128) ((unsigned *)uc->uc_mcontext.fpregs)[word] = value;
        break;
      }
      default: uc->uc_flags = value; uc->uc_stack.ss_flags = next(); uc->uc_stack.ss_size = value; break;
    }
  }
}

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 100;
  for (int i = 0; i < rounds; i++) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      state = i * 2654435761u + 12345;
      struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
      sigaction(SIGUSR1, &a, NULL);
      close(2);
      alarm(2);
      raise(SIGUSR1);
      back = 1;
      _exit(7);
    }
    int status;
    waitpid(child, &status, 0);
    printf("%d: %s %d\n", i, WIFEXITED(status) ? "exit" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
  }
}
