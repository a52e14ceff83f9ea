// The audit system's netlink protocol while auditing is off: status, rules that are added, listed and deleted, who may do what.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int fd, seq;
static struct { struct nlmsghdr h; char data[9000]; } m;

static void tell(int type, int flags, const void *data, int n) {
  memset(&m, 0, sizeof m);
  m.h = (struct nlmsghdr){NLMSG_LENGTH(n), type, NLM_F_REQUEST | flags, ++seq, 0};
  memcpy(m.data, data, n);
  struct sockaddr_nl a = {AF_NETLINK};
  sendto(fd, &m, m.h.nlmsg_len, 0, (void *)&a, sizeof a);
}
/** The next answer: its type. */
static int hear(void) {
  memset(&m, 0, sizeof m);
  int n = recv(fd, &m, sizeof m, 0);
  if (n < 0) return printf("recv: %s\n", strerrorname_np(errno)), 0;
  if (m.h.nlmsg_type == NLMSG_ERROR) {
    int e = -*(int *)m.data;
    printf("error %s seq %d\n", e ? strerrorname_np(e) : "0", m.h.nlmsg_seq == seq);
  } else printf("type %d flags %x seq %d pid %d length %d\n", m.h.nlmsg_type, m.h.nlmsg_flags, m.h.nlmsg_seq == seq, m.h.nlmsg_pid, m.h.nlmsg_len);
  return m.h.nlmsg_type;
}
static char buffer[sizeof(struct audit_rule_data) + 16];
static int make(int list, int action, int field, unsigned value, unsigned op) {
  struct audit_rule_data *r = (void *)buffer;
  memset(buffer, 0, sizeof buffer);
  r->flags = list;
  r->action = action;
  r->mask[AUDIT_WORD(110)] |= AUDIT_BIT(110);
  r->fields[0] = field;
  r->values[0] = value;
  r->fieldflags[0] = op;
  r->fields[1] = AUDIT_FILTERKEY;
  r->values[1] = 5;
  r->fieldflags[1] = AUDIT_EQUAL;
  r->field_count = 2;
  r->buflen = 5;
  memcpy(r->buf, "a-key", 5);
  return sizeof *r + 5;
}
static void list(void) {
  tell(AUDIT_LIST_RULES, NLM_F_ACK, "", 0);
  hear();
  while (hear() == AUDIT_LIST_RULES) {
    struct audit_rule_data *r = (void *)m.data;
    printf("  list %d action %d fields %d: %d %u %x; key %.*s; mask %x\n", r->flags, r->action, r->field_count, r->fields[0], r->values[0], r->fieldflags[0],
           r->buflen, r->buf, r->mask[AUDIT_WORD(110)]);
  }
}
int main(void) {
  fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
  tell(AUDIT_GET, 0, "", 0);
  hear();
  struct audit_status *s = (void *)m.data;
  printf("mask %d enabled %d failure %d pid %d rate %d backlog %d lost %d features %x\n", s->mask, s->enabled, s->failure, s->pid, s->rate_limit,
         s->backlog_limit, s->lost != 0, s->feature_bitmap);
  tell(AUDIT_GET, NLM_F_ACK, "", 0);
  hear();
  hear();
  tell(AUDIT_GET_FEATURE, 0, "", 0);
  hear();
  printf("%d %x %x %x\n", ((int *)m.data)[0], ((int *)m.data)[1], ((int *)m.data)[2], ((int *)m.data)[3]);
  int types[] = {AUDIT_LIST, AUDIT_ADD, AUDIT_DEL, 1099, 1999, 999};
  for (int i = 0; i < 6; i++) {
    tell(types[i], NLM_F_ACK, "", 0);
    hear();
  }
  int n;
  tell(AUDIT_ADD_RULE, NLM_F_ACK, buffer, 100);
  hear();
  n = make(2, AUDIT_ALWAYS, AUDIT_PID, 999999, AUDIT_EQUAL);
  tell(AUDIT_ADD_RULE, NLM_F_ACK, buffer, n);
  hear();
  n = make(AUDIT_FILTER_EXIT, AUDIT_POSSIBLE, AUDIT_PID, 999999, AUDIT_EQUAL);
  tell(AUDIT_ADD_RULE, NLM_F_ACK, buffer, n);
  hear();
  n = make(AUDIT_FILTER_EXIT, AUDIT_ALWAYS, 5555, 999999, AUDIT_EQUAL);
  tell(AUDIT_ADD_RULE, NLM_F_ACK, buffer, n);
  hear();
  n = make(AUDIT_FILTER_EXIT, AUDIT_ALWAYS, AUDIT_PID, 999999, 0);
  tell(AUDIT_ADD_RULE, NLM_F_ACK, buffer, n);
  hear();
  n = make(AUDIT_FILTER_EXIT, AUDIT_ALWAYS, AUDIT_PID, 999999, AUDIT_EQUAL);
  tell(AUDIT_DEL_RULE, NLM_F_ACK, buffer, n);
  hear();
  tell(AUDIT_ADD_RULE, NLM_F_ACK, buffer, n);
  hear();
  tell(AUDIT_ADD_RULE, NLM_F_ACK, buffer, n);
  hear();
  n = make(AUDIT_FILTER_EXIT | AUDIT_FILTER_PREPEND, AUDIT_NEVER, AUDIT_PID, 999998, AUDIT_GREATER_THAN);
  tell(AUDIT_ADD_RULE, NLM_F_ACK, buffer, n);
  hear();
  list();
  tell(AUDIT_DEL_RULE, NLM_F_ACK, buffer, n);
  hear();
  n = make(AUDIT_FILTER_EXIT, AUDIT_NEVER, AUDIT_PID, 999998, AUDIT_GREATER_THAN);
  tell(AUDIT_DEL_RULE, NLM_F_ACK, buffer, n);
  hear();
  n = make(AUDIT_FILTER_EXIT, AUDIT_ALWAYS, AUDIT_PID, 999999, AUDIT_EQUAL);
  tell(AUDIT_DEL_RULE, NLM_F_ACK, buffer, n);
  hear();
  list();
  tell(AUDIT_FIRST_USER_MSG, NLM_F_ACK, "hello", 6);
  hear();
  struct audit_status set = {AUDIT_STATUS_ENABLED, 3};
  tell(AUDIT_SET, NLM_F_ACK, &set, sizeof set);
  hear();
  set = (struct audit_status){AUDIT_STATUS_FAILURE, 0, 3};
  tell(AUDIT_SET, NLM_F_ACK, &set, sizeof set);
  hear();
  set = (struct audit_status){.mask = AUDIT_STATUS_PID, .pid = 1};
  tell(AUDIT_SET, NLM_F_ACK, &set, sizeof set);
  hear();
  fflush(stdout);
  if (fork() == 0) {
    setresuid(1000, 1000, 1000);
    fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
    int types[] = {AUDIT_GET, AUDIT_SET, AUDIT_LIST_RULES, AUDIT_ADD_RULE, AUDIT_USER, AUDIT_LIST, 1099};
    for (int i = 0; i < 7; i++) {
      tell(types[i], NLM_F_ACK, "", 0);
      hear();
    }
    fflush(stdout);
    _exit(0);
  }
  wait(0);
}
