// stat of a path of two components.
#include <stdlib.h>
#include <sys/stat.h>
int main(int argc, char **argv) { struct stat s; for (long n = argc > 1 ? atol(argv[1]) : 300000; n > 0; n--) stat("/tmp/.", &s); }
