// Calls for faults to be injected into.
#include <fcntl.h>
#include <unistd.h>

int main(void) {
  static char buffer[16];
  int fd = open("/dev/zero", O_RDONLY);
  for (int i = 0; i < 8; i++) read(fd, buffer, 16);
  for (int i = 0; i < 3; i++) close(50 + i);
  getppid();
  return 0;
}
