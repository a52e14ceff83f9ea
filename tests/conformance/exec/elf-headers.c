/* Damaged and unusual ELF headers. */
#include "elf.h"
#define BASE 0x400000UL
int main(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
#define TRY(what, change) begin(ET_EXEC, BASE), codeExit(42), change, try(what)
  TRY("good", 0);
  TRY("bad magic", image[3] = 'G');
  TRY("32-bit class", image[4] = 1);
  TRY("big-endian", image[5] = 2);
  TRY("bad version", image[6] = 9);
  TRY("other machine", eh->e_machine = EM_386);
  TRY("no machine", eh->e_machine = 0);
  TRY("relocatable", eh->e_type = ET_REL);
  TRY("core", eh->e_type = ET_CORE);
  TRY("header size 0", eh->e_ehsize = 0);
  TRY("program header size", eh->e_phentsize = 57);
  TRY("no program headers", eh->e_phnum = 0);
  TRY("too many program headers", eh->e_phnum = 5000);
  TRY("65535 program headers", eh->e_phnum = 65535);
  TRY("program headers behind the end", eh->e_phoff = 0x10000);
  TRY("program headers partly behind the end", eh->e_phoff = 0x400 - 20);
  TRY("program headers far away", eh->e_phoff = 1UL << 40);
  TRY("program headers at -1", eh->e_phoff = -1);
  TRY("cut in the header", imageSize = 63);
  TRY("cut in the program headers", imageSize = 70);
  TRY("cut behind the program headers", imageSize = 120);
  TRY("cut before the code", imageSize = 0x200);
  TRY("entry 0", eh->e_entry = 0);
  TRY("entry outside", eh->e_entry = 0x10000000);
  TRY("entry in the kernel", eh->e_entry = 0xffffffff80000000);
  TRY("entry not canonical", eh->e_entry = 0x800000000000);
  TRY("no loadable segment", ph[0].p_type = PT_NOTE);
  TRY("unknown segments", (eh->e_phnum = 3, ph[1].p_type = 0x12345, ph[2].p_type = PT_NULL));
  TRY("stack flags", (eh->e_phnum = 2, ph[1].p_type = PT_GNU_STACK, ph[1].p_flags = PF_R | PF_W));
  TRY("interpreter not there", (eh->e_phnum = 2, ph[1].p_type = PT_INTERP, ph[1].p_offset = 0x300, ph[1].p_filesz = 10, strcpy((char *)image + 0x300, "./missing")));
  TRY("interpreter without end", (eh->e_phnum = 2, ph[1].p_type = PT_INTERP, ph[1].p_offset = 0x300, ph[1].p_filesz = 9, strcpy((char *)image + 0x300, "./missing")));
  TRY("interpreter of length 1", (eh->e_phnum = 2, ph[1].p_type = PT_INTERP, ph[1].p_offset = 0x300, ph[1].p_filesz = 1));
  TRY("interpreter too long", (eh->e_phnum = 2, ph[1].p_type = PT_INTERP, ph[1].p_offset = 0x300, ph[1].p_filesz = 5000));
  TRY("interpreter behind the end", (eh->e_phnum = 2, ph[1].p_type = PT_INTERP, ph[1].p_offset = 0x3000, ph[1].p_filesz = 10));
  TRY("interpreter is a directory", (eh->e_phnum = 2, ph[1].p_type = PT_INTERP, ph[1].p_offset = 0x300, ph[1].p_filesz = 2, strcpy((char *)image + 0x300, "/")));
  put("text", "this is no program", 18, 0755);
  TRY("interpreter is short", (eh->e_phnum = 2, ph[1].p_type = PT_INTERP, ph[1].p_offset = 0x300, ph[1].p_filesz = 7, strcpy((char *)image + 0x300, "./text")));
  char longer[200] = "this is no program, but long enough for a header";
  put("text", longer, sizeof longer, 0755);
  TRY("interpreter is text", (eh->e_phnum = 2, ph[1].p_type = PT_INTERP, ph[1].p_offset = 0x300, ph[1].p_filesz = 7, strcpy((char *)image + 0x300, "./text")));
  put("text", longer, sizeof longer, 0644);
  TRY("interpreter may not run", (eh->e_phnum = 2, ph[1].p_type = PT_INTERP, ph[1].p_offset = 0x300, ph[1].p_filesz = 7, strcpy((char *)image + 0x300, "./text")));
  return 0;
}
