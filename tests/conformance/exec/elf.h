/* Builds small ELF programs byte by byte. */
#include "exec.h"

static unsigned char image[65536];
static size_t imageSize;
static Elf64_Ehdr *eh = (Elf64_Ehdr *)image;
static Elf64_Phdr *ph = (Elf64_Phdr *)(image + sizeof(Elf64_Ehdr));

/* A program of one segment at `base` whose code begins at offset 0x200. */
static void begin(int type, unsigned long base) {
  memset(image, 0, sizeof image);
  memcpy(eh->e_ident, "\177ELF\2\1\1", 7);
  eh->e_type = type;
  eh->e_machine = EM_X86_64;
  eh->e_version = 1;
  eh->e_entry = base + 0x200;
  eh->e_phoff = sizeof *eh;
  eh->e_ehsize = sizeof *eh;
  eh->e_phentsize = sizeof *ph;
  eh->e_phnum = 1;
  ph[0].p_type = PT_LOAD;
  ph[0].p_flags = PF_R | PF_X;
  ph[0].p_vaddr = ph[0].p_paddr = base;
  ph[0].p_filesz = ph[0].p_memsz = 0x400;
  ph[0].p_align = 4096;
  imageSize = 0x400;
}

/* exit(status) */
static void codeExit(int status) {
  unsigned char code[] = {0xbf, status, 0, 0, 0, 0xb8, 231, 0, 0, 0, 0x0f, 0x05};
  memcpy(image + 0x200, code, sizeof code);
}

/* exit(byte at `address`), or of the byte `offset` from the instruction if relative */
static void codeExitByte(unsigned long address) {
  unsigned char code[] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0x0f, 0xb6, 0x38, 0xb8, 231, 0, 0, 0, 0x0f, 0x05};
  memcpy(code + 2, &address, 8);
  memcpy(image + 0x200, code, sizeof code);
}

static void load(int i, unsigned long vaddr, unsigned long offset, unsigned long filesz, unsigned long memsz, int flags) {
  if (eh->e_phnum <= i) eh->e_phnum = i + 1;
  ph[i].p_type = PT_LOAD;
  ph[i].p_flags = flags;
  ph[i].p_offset = offset;
  ph[i].p_vaddr = vaddr;
  ph[i].p_filesz = filesz;
  ph[i].p_memsz = memsz;
  ph[i].p_align = 4096;
  if (imageSize < offset + filesz && offset + filesz <= sizeof image) imageSize = offset + filesz;
}

static void try(const char *what) {
  char *argv[] = {"x", NULL}, *none[] = {NULL};
  put("program", image, imageSize, 0755);
  runs(what, "./program", argv, none);
}
