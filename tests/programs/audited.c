// Sets a rule of the audit system, does what it asks about in a child, and shows the records of the kernel's log.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int fd;
static void tell(int type, const void *data, int n) {
  static struct { struct nlmsghdr h; char data[2000]; } m;
  m.h = (struct nlmsghdr){NLMSG_LENGTH(n), type, NLM_F_REQUEST | NLM_F_ACK, 1, 0};
  memcpy(m.data, data, n);
  struct sockaddr_nl a = {AF_NETLINK};
  sendto(fd, &m, m.h.nlmsg_len, 0, (void *)&a, sizeof a);
  recv(fd, &m, sizeof m, 0);
  if (*(int *)m.data) printf("error %d\n", *(int *)m.data);
}
int main(int argc, char **argv) {
  fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
  static struct { struct audit_rule_data r; char key[8]; } rule = {{AUDIT_FILTER_EXIT, AUDIT_ALWAYS}};
  rule.r.mask[AUDIT_WORD(SYS_mkdir)] |= AUDIT_BIT(SYS_mkdir);
  rule.r.fields[0] = AUDIT_ARG0 + 1;
  rule.r.values[0] = 0700;
  rule.r.fieldflags[0] = AUDIT_EQUAL;
  rule.r.fields[1] = AUDIT_FILTERKEY;
  rule.r.values[1] = 4;
  rule.r.fieldflags[1] = AUDIT_EQUAL;
  rule.r.field_count = 2;
  rule.r.buflen = 4;
  memcpy(rule.r.buf, "made", 4);
  tell(AUDIT_ADD_RULE, &rule, sizeof rule.r + 4);
  int login = open("/proc/self/loginuid", O_WRONLY);
  write(login, "1000", 4);
  tell(AUDIT_SET, &(struct audit_status){AUDIT_STATUS_ENABLED, 1}, sizeof(struct audit_status));
  if (fork() == 0) {
    mkdir("/tmp/one", 0700);
    mkdir("/tmp/two", 0755);
    mkdir("/tmp/one", 0700);
    mkdir("/tmp/ a\"b", 0700);
    _exit(0);
  }
  wait(0);
  tell(AUDIT_FIRST_USER_MSG + 7, "op=hello", 9);
  tell(AUDIT_DEL_RULE, &rule, sizeof rule.r + 4);
  char line[2000];
  int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
  for (int n; (n = read(log, line, sizeof line - 1)) > 0;) {
    line[n] = 0;
    if (strstr(line, "audit:")) fputs(strstr(line, "audit:"), stdout);
  }
}
