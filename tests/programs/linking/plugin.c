// A shared library that is opened at run time: constructors, thread-local storage, a symbol of the program.
#include <stdio.h>
extern int from_program(int);
__thread int counter = 41;
__attribute__((constructor)) static void begin(void) { puts("plugin: constructor"); }
__attribute__((destructor)) static void end(void) { puts("plugin: destructor"); }
int plugin_next(void) { return from_program(++counter); }
