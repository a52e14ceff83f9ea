// Names of signals, and their sets as rows of bits, for the demos of signal delivery.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAST = 64 };

static const char *names[] = {
    "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
};
enum { NAMES = sizeof names / sizeof names[0] };

// USR1, SIGUSR1 or 10; 0 for what is none.
static int number(const char *name) {
    if (!strncmp(name, "SIG", 3)) name += 3;
    for (int i = 1; i < NAMES; i++)
        if (!strcmp(name, names[i])) return i;
    int n = atoi(name);
    return n >= 1 && n <= LAST ? n : 0;
}

static void print_numbers(void) {
    printf("          1234567890123456789012345678901234567890123456789012345678901234\n");
}

static void print_set(const char *what, unsigned long set) {
    printf("  %-8s", what);
    for (int s = 0; s < LAST; s++) putchar(set >> s & 1 ? '1' : '.');
    putchar('\n');
}

static void help(void) {
    printf("send SIG | block SIG | unblock SIG\n"
           "handle SIG | ignore SIG | default SIG\n"
           "show | help | quit           SIG: USR1, SIGTERM, 34, ...\n");
}
