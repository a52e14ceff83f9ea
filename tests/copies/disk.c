// Reads a file of the host twice.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
static char buf[16384];
int main(void) {
    int fd = open("/data", O_RDONLY);
    memset(buf, 1, sizeof buf);
    pread(fd, buf, sizeof buf, 0);
    pread(fd, buf, sizeof buf, 0);
    return 0;
}
