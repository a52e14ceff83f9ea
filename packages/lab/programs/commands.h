// The loop of the demos: reads lines from standard input and gives each to command(). "quit" or the end of input ends it.
#include <stdio.h>
#include <string.h>

static void command(char *line);

static int commands(const char *greeting) {
    // One byte is left free: a command may put a newline at its end.
    char line[256];
    printf("%s help lists the commands.\n", greeting);
    while (fgets(line, sizeof line - 1, stdin)) {
        size_t n = strcspn(line, "\n");
        if (!line[n] && n == sizeof line - 2) {
            printf("? the line is too long\n");
            for (int c; (c = getchar()) != EOF && c != '\n';);
            continue;
        }
        line[n] = 0;
        if (!strcmp(line, "quit"))
            break;
        command(line);
    }
    return 0;
}
