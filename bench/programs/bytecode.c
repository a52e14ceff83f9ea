// A bytecode machine dispatched by switch.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
enum { PUSH, ADD, SUB, MUL, DUP, SWAP, JNZ, LOAD, STORE, AND, HALT, XOR };
int main(int argc, char **argv) {
  long n = argc > 1 ? atol(argv[1]) : 12000000;
  int32_t code[] = {PUSH, (int32_t)n, STORE, 0, PUSH, 1, STORE, 1, /*8*/ LOAD, 1, LOAD, 0, XOR, PUSH, 31, MUL, PUSH, 7, ADD, PUSH, 0xffffff, AND, STORE, 1, LOAD, 0, PUSH, 1, SUB, DUP, STORE, 0, JNZ, 8, HALT};
  int64_t stack[64], *sp = stack, vars[4] = {0};
  for (int32_t *pc = code;;) {
    switch (*pc++) {
      case PUSH: *sp++ = *pc++; break;
      case ADD: sp--; sp[-1] += sp[0]; break;
      case SUB: sp--; sp[-1] -= sp[0]; break;
      case MUL: sp--; sp[-1] *= sp[0]; break;
      case AND: sp--; sp[-1] &= sp[0]; break;
      case XOR: sp--; sp[-1] ^= sp[0]; break;
      case DUP: sp[0] = sp[-1]; sp++; break;
      case SWAP: { int64_t t = sp[-1]; sp[-1] = sp[-2]; sp[-2] = t; break; }
      case JNZ: sp--; if (sp[0]) pc = code + *pc; else pc++; break;
      case LOAD: *sp++ = vars[*pc++]; break;
      case STORE: vars[*pc++] = *--sp; break;
      case HALT: printf("%ld\n", (long)vars[1]); return 0;
    }
  }
}
