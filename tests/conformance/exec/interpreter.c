/* A program with an interpreter: that one is started, and told where the program lies. */
#include "elf.h"
int main(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  /* The interpreter looks for an entry of the auxiliary vector and exits with its low byte.
     mov rsp->rsi; skip argc, argv, envp; loop */
  static const unsigned char look[] = {
      0x48, 0x89, 0xe6,             /* mov rsi, rsp */
      0x48, 0x83, 0xc6, 0x08,       /* add rsi, 8 */
      0x48, 0xad, 0x48, 0x85, 0xc0, /* lodsq; test rax, rax */
      0x75, 0xf9,                   /* jnz: arguments */
      0x48, 0xad, 0x48, 0x85, 0xc0, /* lodsq; test rax, rax */
      0x75, 0xf9,                   /* jnz: environment */
      0x48, 0xad, 0x48, 0x89, 0xc2, /* lodsq; mov rdx, rax */
      0x48, 0xad,                   /* lodsq */
      0x48, 0x81, 0xfa, 0, 0, 0, 0, /* cmp rdx, key */
      0x75, 0xf0,                   /* jne back */
      0x48, 0xc1, 0xe8, 0,          /* shr rax, n */
      0x89, 0xc7,                   /* mov edi, eax */
      0xb8, 231, 0, 0, 0, 0x0f, 0x05};
  struct {
    const char *what;
    int key, shift;
  } all[] = {{"entry", AT_ENTRY, 8}, {"program headers", AT_PHDR, 0}, {"number of them", AT_PHNUM, 0}, {"their size", AT_PHENT, 0}, {"page size", AT_PAGESZ, 8}, {"base is page-aligned", AT_BASE, 0}, {"flags", AT_FLAGS, 0}, {"secure", AT_SECURE, 0}};
  for (int kind = 0; kind < 2; kind++) {
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
      begin(kind ? ET_EXEC : ET_DYN, kind ? 0x7000000 : 0);
      memcpy(image + 0x200, look, sizeof look);
      memcpy(image + 0x200 + 31, &all[i].key, 4);
      image[0x200 + 40] = all[i].shift;
      put("interpreter", image, imageSize, 0755);
      for (int type = 0; type < 2; type++) {
        begin(type ? ET_EXEC : ET_DYN, type ? 0x400000 : 0);
        codeExit(1);
        eh->e_phnum = 2;
        ph[1].p_type = PT_INTERP;
        ph[1].p_offset = 0x300;
        ph[1].p_filesz = ph[1].p_memsz = 14;
        strcpy((char *)image + 0x300, "./interpreter");
        char text[100];
        snprintf(text, sizeof text, "%s interpreter, %s program: %s", kind ? "fixed" : "movable", type ? "fixed" : "movable", all[i].what);
        if (type || all[i].key != AT_ENTRY) try(text);
      }
    }
  }
  /* the interpreter's own trouble comes too late to be an error */
  begin(ET_DYN, 0);
  codeExit(3);
  ph[0].p_type = PT_NOTE;
  put("interpreter", image, imageSize, 0755);
  begin(ET_EXEC, 0x400000);
  eh->e_phnum = 2;
  ph[1].p_type = PT_INTERP;
  ph[1].p_offset = 0x300;
  ph[1].p_filesz = 14;
  strcpy((char *)image + 0x300, "./interpreter");
  try("interpreter without segments");
  put("program2", image, imageSize, 0755);
  begin(ET_REL, 0);
  put("interpreter", image, imageSize, 0755);
  char *argv[] = {"x", NULL};
  runs("interpreter of the wrong type", "./program2", argv, argv + 1);
  begin(ET_EXEC, 0x400000);
  codeExit(4);
  put("interpreter", image, imageSize, 0755);
  runs("interpreter over the program", "./program2", argv, argv + 1);
  script("interpreter", "#!/bin/sh\necho here is enough text to be as long as a header would be\n");
  runs("interpreter is a script", "./program2", argv, argv + 1);
  return 0;
}
