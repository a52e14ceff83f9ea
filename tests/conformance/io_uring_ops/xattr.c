// FSETXATTR, SETXATTR, FGETXATTR, GETXATTR.
#include "common.h"
#define ADDR3(q) (*(uint64_t *)((char *)(q) + 48))
int main(void) {
  struct ring r;
  ring_init(&r, 16, 0);
  // where user attributes are kept
  int f = open("file", O_RDWR | O_CREAT, 0644);
  char b[64];
  struct io_uring_sqe *q;
#define F(op, name, val, n, data) sqe(&r, op, f, name, n, (uintptr_t)(val), data)
  F(OP_FSETXATTR, "user.a", "value", 5, 1), go(&r, "fset", 1);
  memset(b, 0, 64), F(OP_FGETXATTR, "user.a", b, 64, 2), go(&r, "fget", 1), printf("%s\n", b);
  F(OP_FGETXATTR, "user.a", b, 0, 2), go(&r, "fget size", 1);
  F(OP_FGETXATTR, "user.a", b, 2, 2), go(&r, "fget too small", 1);
  F(OP_FGETXATTR, "user.none", b, 64, 2), go(&r, "fget none", 1);
  F(OP_FSETXATTR, "user.a", "other", 5, 1)->rw_flags = XATTR_CREATE, go(&r, "create", 1);
  F(OP_FSETXATTR, "user.a", "other", 5, 1)->rw_flags = XATTR_REPLACE, go(&r, "replace", 1);
  F(OP_FSETXATTR, "user.a", "other", 5, 1)->rw_flags = 8, go(&r, "flags", 1);
  F(OP_FSETXATTR, (void *)8, "other", 5, 1), go(&r, "name efault", 1);
  F(OP_FSETXATTR, "user.b", 8, 5, 1), go(&r, "value efault", 1);
  F(OP_FSETXATTR, "user.b", b, 70000, 1), go(&r, "too large", 1);
  F(OP_FSETXATTR, "", b, 1, 1), go(&r, "no name", 1);
  F(OP_FSETXATTR, "strange.b", b, 1, 1), go(&r, "name space", 1);
  F(OP_FGETXATTR, "user.a", b, 64, 2)->rw_flags = 1, go(&r, "fget flags", 1);
  q = sqe(&r, OP_SETXATTR, 0, "user.p", 4, (uintptr_t)"path", 3), ADDR3(q) = (uintptr_t)"file", go(&r, "set", 1);
  memset(b, 0, 64), q = sqe(&r, OP_GETXATTR, 0, "user.p", 64, (uintptr_t)b, 4), ADDR3(q) = (uintptr_t)"file", go(&r, "get", 1), printf("%s\n", b);
  q = sqe(&r, OP_GETXATTR, 0, "user.p", 64, (uintptr_t)b, 4), ADDR3(q) = (uintptr_t)"nothing", go(&r, "no file", 1);
  q = sqe(&r, OP_GETXATTR, 0, "user.p", 64, (uintptr_t)b, 4), ADDR3(q) = 8, go(&r, "path efault", 1);
  q = sqe(&r, OP_GETXATTR, 0, "user.p", 64, (uintptr_t)b, 4), ADDR3(q) = (uintptr_t)"file", q->flags = IOSQE_FIXED_FILE, go(&r, "path with a slot", 1);
  sqe(&r, OP_FGETXATTR, 99, "user.p", 64, (uintptr_t)b, 4), go(&r, "bad file", 1);
}
