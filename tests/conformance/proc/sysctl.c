/* Settings: fixed ones, changed ones, refused values. */
#include "proc.h"
#include <sys/utsname.h>
static void look(const char *path) { printf("%s: %s", path, slurp(path) < 0 ? strerror(errno) : text); }
int main(void) {
  struct utsname u;
  look("/proc/sys/kernel/ostype");
  look("/proc/sys/kernel/overflowuid");
  look("/proc/sys/kernel/ngroups_max");
  look("/proc/sys/kernel/random/poolsize");
  look("/proc/sys/kernel/random/entropy_avail");
  uname(&u);
  slurp("/proc/sys/kernel/osrelease");
  printf("release %d\n", strncmp(text, u.release, strlen(u.release)) == 0);
  slurp("/proc/sys/kernel/hostname");
  printf("hostname %d\n", strncmp(text, u.nodename, strlen(u.nodename)) == 0);
  long n = slurp("/proc/sys/kernel/random/uuid");
  printf("uuid %ld version %c\n", n, text[14]);
  char first[64];
  strcpy(first, text);
  slurp("/proc/sys/kernel/random/uuid");
  printf("new each time %d\n", strcmp(first, text) != 0);
  slurp("/proc/sys/kernel/random/boot_id");
  strcpy(first, text);
  slurp("/proc/sys/kernel/random/boot_id");
  printf("boot id stays %d\n", strcmp(first, text) == 0);
  printf("fixed: %s\n", WHY(open("/proc/sys/kernel/ostype", O_WRONLY)));
  printf("create: %d\n", open("/proc/sys/kernel/made_up", O_RDWR | O_CREAT, 0644));
  printf("mkdir: %d\n", mkdir("/proc/sys/made_up", 0755));
  printf("missing: %s\n", WHY(access("/proc/sys/nothing", F_OK)));
  struct stat st;
  stat("/proc/sys/vm/swappiness", &st);
  printf("mode %o size %ld\n", st.st_mode, (long)st.st_size);
  stat("/proc/sys/kernel", &st);
  printf("mode %o\n", st.st_mode);
  return 0;
}
