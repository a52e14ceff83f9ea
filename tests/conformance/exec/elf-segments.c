/* Segments: file parts, zero-filled ends, order, places that cannot be had. */
#include "elf.h"
#define BASE 0x400000UL
#define DATA 0x600000UL
int main(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
#define TRY(what, change) begin(ET_EXEC, BASE), codeExitByte(DATA), change, try(what)
  TRY("data", (load(1, DATA, 0x1000, 0x100, 0x100, PF_R | PF_W), image[0x1000] = 11));
  TRY("data within a page", (load(1, DATA - 0x10 + 0x1000, 0x1ff0, 0x20, 0x20, PF_R | PF_W), codeExitByte(DATA + 0x1000), image[0x2000] = 12));
  TRY("zero-filled end", (load(1, DATA, 0x1000, 0x100, 0x3000, PF_R | PF_W), image[0x1100] = 99, image[0x1000] = 13, codeExitByte(DATA + 0x100)));
  TRY("last byte of it", (load(1, DATA, 0x1000, 0x100, 0x3000, PF_R | PF_W), codeExitByte(DATA + 0x2fff)));
  TRY("behind it", (load(1, DATA, 0x1000, 0x100, 0x3000, PF_R | PF_W), codeExitByte(DATA + 0x3000)));
  TRY("zeros only", (load(1, DATA, 0x1000, 0, 0x100, PF_R | PF_W)));
  TRY("read-only with an end", (load(1, DATA, 0x1000, 0x100, 0x2000, PF_R), image[0x1000] = 14));
  TRY("read-only end, second page", (load(1, DATA, 0x1000, 0x100, 0x2000, PF_R), codeExitByte(DATA + 0x1000)));
  TRY("unreadable", (load(1, DATA, 0x1000, 0x100, 0x100, 0), image[0x1000] = 15));
  TRY("file larger than memory", (load(1, DATA, 0x1000, 0x200, 0x100, PF_R), image[0x1000] = 16));
  TRY("offset and address disagree", (load(1, DATA, 0x1010, 0x100, 0x100, PF_R), image[0x1010] = 17));
  TRY("behind the file's end", (load(1, DATA, 0x8000, 0x100, 0x100, PF_R), imageSize = 0x400));
  TRY("partly behind the file's end", (load(1, DATA, 0x1000, 0x3000, 0x3000, PF_R), imageSize = 0x1010, image[0x1000] = 18));
  TRY("that part", (load(1, DATA, 0x1000, 0x3000, 0x3000, PF_R), imageSize = 0x1010, codeExitByte(DATA + 0x2000)));
  TRY("overlapping", (load(1, BASE + 0x800, 0x1800, 0x100, 0x100, PF_R | PF_X), memcpy(image + 0x1200, image + 0x200, 64), codeExit(20), memcpy(image + 0x1200, image + 0x200, 64), image[0x1201] = 21));
  TRY("descending", (load(1, BASE - 0x2000, 0x1000, 0x100, 0x100, PF_R), image[0x1000] = 22, codeExitByte(BASE - 0x2000)));
  TRY("no bytes at all", (load(1, DATA, 0x1000, 0, 0, PF_R), codeExit(23)));
  TRY("in the kernel", load(1, 0xffffffff80000000, 0x1000, 0x100, 0x100, PF_R));
  TRY("at the end of user space", (load(1, 0x7fffffffe000, 0x1000, 0x100, 0x100, PF_R), codeExit(24)));
  TRY("over the end of user space", load(1, 0x7fffffffe000, 0x1000, 0x100, 0x2000, PF_R));
  TRY("huge", load(1, DATA, 0x1000, 0x100, 1UL << 50, PF_R | PF_W));
  TRY("huge file part", load(1, DATA, 0x1000, 1UL << 50, 1UL << 50, PF_R | PF_W));
  TRY("negative size", load(1, DATA, 0x1000, -1, -1, PF_R | PF_W));
  TRY("wraps around", load(1, -4096UL, 0x1000, 0x100, 0x3000, PF_R | PF_W));
  TRY("huge alignment", (ph[0].p_align = 1UL << 62, codeExit(25)));
  TRY("odd alignment", (ph[0].p_align = 3, codeExit(26)));
  TRY("many segments", ({ for (int i = 1; i < 8; i++) load(i, DATA + i * 0x1000, 0x1000 * i, 1, 1, PF_R), image[0x1000 * i] = 27 + i; codeExitByte(DATA + 0x7000); }));
  /* position-independent, without an interpreter */
#define PIC(what, change) begin(ET_DYN, 0), codeExit(50), change, try(what)
  PIC("anywhere", 0);
  PIC("anywhere, from a base", (ph[0].p_vaddr = 0x10000, eh->e_entry = 0x10200));
  PIC("anywhere, aligned", ph[0].p_align = 0x200000);
  PIC("anywhere, two segments", load(1, 0x5000, 0x1000, 0x10, 0x3000, PF_R | PF_W));
  PIC("anywhere, huge", load(1, 1UL << 46, 0x1000, 0x10, 0x3000, PF_R | PF_W));
  PIC("anywhere, zeros first", (ph[0].p_vaddr = 0x3000, ph[0].p_offset = 0, eh->e_entry = 0x3200, ph[1] = ph[0], load(0, 0, 0, 0, 0x1000, PF_R | PF_W), eh->e_phnum = 2));
  return 0;
}
