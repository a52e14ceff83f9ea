/* The 52 fields of stat. */
#include "proc.h"
int main(void) {
  prctl(PR_SET_NAME, "x) R 1");
  slurp("/proc/self/stat");
  char *p = strrchr(text, ')');
  printf("%.*s\n", (int)(p + 1 - strchr(text, '(')), strchr(text, '('));
  printf("state %c\n", p[2]);
  long v[60];
  int n = 0;
  for (char *q = strtok(p + 4, " \n"); q; q = strtok(NULL, " \n")) v[n++] = strtol(q, NULL, 10);
  printf("fields after the state %d\n", n);
  printf("ppid %d pgrp %d session %d\n", v[0] == getppid(), v[1] == getpgrp(), v[2] == getsid(0));
  printf("priority %ld nice %ld threads %ld zero %ld\n", v[14], v[15], v[16], v[17]);
  printf("vsize %d rss %d\n", v[19] > 100000, v[20] > 10);
  printf("code %d\n", (long)main >= v[22] && (long)main < v[23]);
  printf("stack %d\n", (long)&p < v[24]);
  printf("exit signal %ld rt %ld policy %ld\n", v[34], v[36], v[37]);
  printf("args %d\n", v[44] < v[45] && v[45] <= v[46] && v[46] < v[47]);
  return 0;
}
