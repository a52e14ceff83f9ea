// The queue is full: one event says so.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
  static char b[1 << 20] __attribute__((aligned(8)));
  int in = inotify_init1(IN_NONBLOCK), limit = 16384;
  close(open("f", O_CREAT | O_WRONLY, 0600));
  inotify_add_watch(in, "f", IN_OPEN | IN_CLOSE);
  for (int i = 0; i < 9000; i++) close(open("f", O_RDONLY));
  int n = 0, events = 0, over = 0, last = 0;
  ssize_t r;
  while ((r = read(in, b, sizeof b)) > 0)
    for (char *p = b; p < b + r; p += sizeof(struct inotify_event) + ((struct inotify_event *)p)->len) {
      struct inotify_event *e = (void *)p;
      events++;
      last = 0;
      if (e->mask & IN_Q_OVERFLOW) {
        over++;
        last = 1;
        printf("wd %d cookie %u len %u\n", e->wd, e->cookie, e->len);
      }
    }
  printf("events %d overflow %d at the end %d\n", events, over, last);
  close(open("f", O_RDONLY));
  printf("works again %zd\n", read(in, b, sizeof b));
  return 0;
}
