// Events of a watched directory and of what is in it.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../print.h"
#include "events.h"
int main(void) {
  in = inotify_init1(IN_NONBLOCK);
  mkdir("d", 0755);
  mkdir("d2", 0755);
  P("watch", inotify_add_watch(in, "d", IN_ALL_EVENTS));
  int fd = open("d/file", O_CREAT | O_WRONLY, 0600);
  show("create");
  write(fd, "x", 1);
  close(fd);
  show("write and close");
  mkdir("d/sub", 0755);
  show("mkdir");
  symlink("file", "d/link");
  show("symlink");
  mkfifo("d/fifo", 0600);
  show("mkfifo");
  link("d/file", "d/hard");
  show("link");
  rename("d/hard", "d/harder");
  show("rename inside");
  rename("d/harder", "d2/out");
  show("rename out");
  rename("d2/out", "d/in");
  show("rename in");
  rename("d/sub", "d/dir");
  show("rename of a directory");
  close(open("d/dir", O_RDONLY));
  show("open of a subdirectory");
  chmod("d/dir", 0700);
  show("chmod of a subdirectory");
  close(open("d/dir/deep", O_CREAT | O_WRONLY, 0600));
  show("create below");
  unlink("d/dir/deep");
  unlink("d/in");
  unlink("d/link");
  unlink("d/fifo");
  show("unlink");
  rmdir("d/dir");
  show("rmdir");
  rename("d/file", "d/a-name-of-15-ch");
  show("name lengths");
  rename("d/a-name-of-15-ch", "d/a-name-of-15-chr");
  show("name lengths");
  DIR *l = opendir("d");
  show("opendir");
  while (readdir(l));
  show("readdir");
  closedir(l);
  show("closedir");
  chmod("d", 0700);
  show("chmod of itself");
  fd = open("d/a-name-of-15-chr", O_RDONLY);
  unlink("d/a-name-of-15-chr");
  show("unlink while open");
  close(fd);
  show("close after");
  rename("d", "e");
  show("rename of itself");
  rmdir("e");
  show("rmdir of itself");
  return 0;
}
