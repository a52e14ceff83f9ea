/* Position and flags of descriptors. */
#include "proc.h"
static void look(int fd) {
  char path[64];
  sprintf(path, "/proc/self/fdinfo/%d", fd);
  if (slurp(path) < 0) {
    printf("%s\n", strerror(errno));
    return;
  }
  printf("pos [%s]", field("pos"));
  printf(" flags [%s] mnt %d\n", field("flags"), strcmp(field("mnt_id"), "(none)") != 0);
}
int main(void) {
  int fd = open("file", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  write(fd, "0123456789", 10);
  look(fd);
  lseek(fd, 3, SEEK_SET);
  look(fd);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  look(fd);
  fcntl(fd, F_SETFD, 0);
  look(fd);
  int dup1 = dup(fd);
  lseek(dup1, 7, SEEK_SET);
  look(fd);
  look(open("file", O_WRONLY));
  look(open("file", O_PATH));
  look(open(".", O_RDONLY | O_DIRECTORY));
  look(99);
  return 0;
}
