// open and close of a file on tmpfs.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
  close(open("/tmp/lstar-bench-file", O_CREAT | O_RDWR, 0600));
  for (long n = argc > 1 ? atol(argv[1]) : 200000; n > 0; n--) close(open("/tmp/lstar-bench-file", O_RDONLY));
  unlink("/tmp/lstar-bench-file");
}
