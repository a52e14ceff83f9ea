// SENDMSG and RECVMSG: vectors, names, control messages, WAITALL, errors.
#include "common.h"
int main(void) {
  struct ring r;
  ring_init(&r, 16, 0);
  int s[2], i;
  char b[2][16] = {0};
  pair(s, SOCK_STREAM);
  struct iovec out[2] = {{"hello ", 6}, {"world", 5}}, in[2] = {{b[0], 4}, {b[1], 16}};
  struct msghdr h = {.msg_iov = out, .msg_iovlen = 2}, g = {.msg_iov = in, .msg_iovlen = 2, .msg_flags = 77};
  sqe(&r, IORING_OP_SENDMSG, s[0], &h, 1, 0, 1), go(&r, "sendmsg", 1);
  sqe(&r, IORING_OP_RECVMSG, s[1], &g, 1, 0, 2), go(&r, "recvmsg", 1);
  printf("%.4s|%.7s flags %x\n", b[0], b[1], g.msg_flags);
  // it waits; the header may change meanwhile
  sqe(&r, IORING_OP_RECVMSG, s[1], &g, 1, 0, 3), submit(&r);
  struct msghdr keep = g;
  in[0].iov_base = 0, in[0].iov_len = 1ul << 40;
  quiet(&r, "waits");
  write(s[0], "later", 5);
  show(&r, "recvmsg", 1);
  printf("%.4s|%.1s\n", b[0], b[1]);
  in[0] = (struct iovec){b[0], 4};
  // WAITALL
  sqe(&r, IORING_OP_RECVMSG, s[1], &g, 1, 0, 4)->msg_flags = MSG_WAITALL, submit(&r);
  for (i = 0; i < 4; i++) write(s[0], "12345", 5), settle(), enter(&r, 0, 0, IORING_ENTER_GETEVENTS), printf("after %d: %u\n", i + 1, ready(&r));
  show(&r, "waitall", 1);
  printf("%.4s|%.16s\n", b[0], b[1]);
  // descriptors
  int p[2], got;
  pipe(p);
  char control[CMSG_SPACE(4)];
  h.msg_control = control, h.msg_controllen = sizeof control;
  struct cmsghdr *c = CMSG_FIRSTHDR(&h);
  c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(4), memcpy(CMSG_DATA(c), &p[1], 4);
  sqe(&r, IORING_OP_SENDMSG, s[0], &h, 1, 0, 5), go(&r, "sendmsg with a descriptor", 1);
  memset(control, 0, sizeof control);
  g.msg_control = control, g.msg_controllen = sizeof control;
  sqe(&r, IORING_OP_RECVMSG, s[1], &g, 1, 0, 6)->msg_flags = MSG_CMSG_CLOEXEC, go(&r, "recvmsg with a descriptor", 1);
  memcpy(&got, CMSG_DATA((struct cmsghdr *)control), 4);
  printf("control %zu flags %x cloexec %d\n", (size_t)g.msg_controllen, g.msg_flags, fcntl(got, F_GETFD));
  write(got, "p", 1), printf("read %zd\n", read(p[0], b[0], 16));
  // names
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, from;
  socklen_t n = sizeof a;
  int u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0);
  bind(u, (void *)&a, sizeof a), getsockname(u, (void *)&a, &n);
  h = (struct msghdr){.msg_name = &a, .msg_namelen = sizeof a, .msg_iov = out, .msg_iovlen = 2};
  sqe(&r, IORING_OP_SENDMSG, v, &h, 1, 0, 7), go(&r, "to a name", 1);
  g = (struct msghdr){.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = in, .msg_iovlen = 1};
  sqe(&r, IORING_OP_RECVMSG, u, &g, 1, 0, 8), go(&r, "from a name, truncated", 1);
  printf("namelen %u family %d flags %x\n", g.msg_namelen, from.sin_family, g.msg_flags);
  // refused
  sqe(&r, IORING_OP_SENDMSG, v, (void *)8, 1, 0, 9), go(&r, "efault", 1);
  sqe(&r, IORING_OP_RECVMSG, v, (void *)8, 1, 0, 9), go(&r, "efault", 1);
  h.msg_iovlen = 2000;
  sqe(&r, IORING_OP_SENDMSG, v, &h, 1, 0, 9), go(&r, "too many vectors", 1);
  h.msg_iovlen = 2, h.msg_iov = (void *)8;
  sqe(&r, IORING_OP_SENDMSG, v, &h, 1, 0, 9), go(&r, "vectors efault", 1);
  h.msg_iov = out, h.msg_namelen = 1000;
  sqe(&r, IORING_OP_SENDMSG, v, &h, 1, 0, 9), go(&r, "name too long", 1);
  h.msg_namelen = sizeof a, h.msg_controllen = 1 << 20, h.msg_control = control;
  sqe(&r, IORING_OP_SENDMSG, v, &h, 1, 0, 9), go(&r, "control too long", 1);
  h.msg_controllen = 0;
  sqe(&r, IORING_OP_SENDMSG, v, &h, 1, 1, 9), go(&r, "addr2", 1);
  sqe(&r, IORING_OP_SENDMSG, v, &h, 1, 0, 9)->file_index = 1, go(&r, "file_index", 1);
  sqe(&r, IORING_OP_SENDMSG, v, &h, 1, 0, 9)->ioprio = BUNDLE, go(&r, "bundle", 1);
  sqe(&r, IORING_OP_SENDMSG, v, &h, 1, 0, 9)->ioprio = VECTORIZED, go(&r, "vectorized", 1);
  sqe(&r, IORING_OP_SENDMSG, p[1], &h, 1, 0, 9), go(&r, "a pipe", 1);
  // SEND with vectors
  h.msg_iovlen = 2;
  sqe(&r, IORING_OP_SEND, s[0], out, 2, 0, 10)->ioprio = VECTORIZED, go(&r, "send of vectors", 1);
  sqe(&r, IORING_OP_RECV, s[1], b[1], 16, 0, 10), go(&r, "recv", 1);
  printf("%.11s\n", b[1]);
  sqe(&r, IORING_OP_SEND, s[0], (void *)8, 2, 0, 11)->ioprio = VECTORIZED, go(&r, "vectors efault", 1);
  sqe(&r, IORING_OP_SEND, s[0], out, 2000, 0, 11)->ioprio = VECTORIZED, go(&r, "too many", 1);
}
