/*
 * io_uring with hostile contents: random SQEs of every operation with random fields and flags, random registrations, scribbles in
 * the rings and in rings of buffers, headers and vectors of nonsense; each round in a child with a time limit, with rings of all
 * kinds, passed between processes. For lstar only: as root on a real kernel this would do harm.
 * usage: uring SEED ROUNDS
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t state;
static uint32_t next(void) {
  state = state * 6364136223846793005ull + 1442695040888963407ull;
  return state >> 33;
}
#define PAGES 16
static char *good;
struct sqe { uint8_t opcode, flags; uint16_t ioprio; int32_t fd; uint64_t off, addr; uint32_t len, op_flags; uint64_t data; uint16_t buf, personality; int32_t index; uint64_t addr3, pad; };
static struct { int fd; uint32_t p[30]; char *m; struct sqe *sqes; } rings[3];

static uint64_t address(void) {
  switch (next() % 8) {
    case 0: return 0;
    case 1: return next() % 64;
    case 2: return (uint64_t)next() << 32 | next();
    case 3: return 0x7ffffffff000ull - next() % 8192;
    case 4: return (uintptr_t)rings[next() % 3].m + next() % 8192;
    case 5: return (uintptr_t)good + (next() % PAGES) * 4096;
    default: return (uintptr_t)good + next() % (PAGES * 4096);
  }
}
static uint64_t number(void) {
  switch (next() % 7) {
    case 0: case 1: return 0;
    case 2: return next() % 16;
    case 3: return next() % 5000;
    case 4: return 1ull << next() % 64;
    case 5: return -(uint64_t)(next() % 5);
    default: return (uint64_t)next() << 32 | next();
  }
}
static void fill(void) {
  static const char *const names[] = {"file", "dir", "/tmp/u", "/proc/self/maps", "/dev/null", "user.x", "", ".", "link"};
  uint64_t *w = (uint64_t *)good;
  for (int i = 0; i < PAGES * 512; i += 1 + next() % 4) w[i] = next() % 2 ? address() : number();
  for (int i = 0; i < 16; i++) strcpy(good + 8192 + i * 64, names[next() % (sizeof names / sizeof *names)]);
}
static void setup(int i) {
  static const uint32_t kinds[] = {0, 0, 2, 1u << 12 | 1u << 13, 1u << 8, 1u << 10, 1u << 11, 1u << 16, 1u << 18, 1, 1u << 6, 1u << 12 | 1u << 6, 1u << 9 | 1u << 8};
  memset(rings[i].p, 0, sizeof rings[i].p);
  rings[i].p[2] = next() % 4 ? kinds[next() % (sizeof kinds / 4)] : number();
  // Else the first SQE that fails ends a batch.
  if (next() % 4) rings[i].p[2] |= 1 << 7;
  if (next() % 4 == 0) rings[i].p[1] = number(), rings[i].p[2] |= 8;
  rings[i].p[4] = 1;
  rings[i].fd = syscall(425, next() % 8 ? 1 + next() % 32 : (uint32_t)number(), rings[i].p);
  rings[i].m = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, rings[i].fd, 0);
  rings[i].sqes = mmap(0, 2048, PROT_READ | PROT_WRITE, MAP_SHARED, rings[i].fd, 0x10000000);
  if (rings[i].m == MAP_FAILED) rings[i].m = 0;
  if (rings[i].sqes == MAP_FAILED) rings[i].sqes = 0;
}
static void submit(int i) {
  if (!rings[i].m || !rings[i].sqes) return;
  uint32_t *p = rings[i].p, entries = p[0] < 1 ? 1 : p[0] > 32 ? 32 : p[0], n = 1 + next() % entries;
  uint32_t *tail = (uint32_t *)(rings[i].m + (p[11] & 8188)), *array = p[16] && p[16] < 8000 ? (uint32_t *)(rings[i].m + p[16]) : 0;
  for (uint32_t j = 0; j < n; j++) {
    struct sqe *s = &rings[i].sqes[(*tail + j) % entries % 32];
    memset(s, 0, sizeof *s);
    s->opcode = next() % 30 ? next() % 64 : next();
    s->fd = next() % 16;
    s->addr = address();
    s->len = number();
    if (next() % 2) s->off = next() % 2 ? address() : number();
    if (next() % 3 == 0) s->op_flags = number();
    if (next() % 3 == 0) s->flags = next() % 3 ? 1u << next() % 7 : next();
    if (next() % 3 == 0) s->ioprio = next() % 2 ? 1u << next() % 6 : number();
    if (next() % 4 == 0) s->index = number();
    if (next() % 3 == 0) s->buf = next() % 4;
    if (next() % 4 == 0) s->addr3 = next() % 2 ? address() : number();
    if (next() % 8 == 0) s->pad = number();
    if (next() % 20 == 0) s->personality = next() % 3;
    s->data = next() % 8;
    if (array) array[(*tail + j) % entries % 1024] = next() % 30 ? (*tail + j) % entries : next();
  }
  *tail += n;
  if (next() % 40 == 0) ((uint32_t *)rings[i].m)[next() % 16] = number();
  syscall(426, rings[i].fd, next() % 8 ? n : (uint32_t)number(), next() % 4 ? 0 : next() % 3, next() % 4 ? next() % 2 : number() & ~8, next() % 8 ? 0 : address(), next() % 8 ? 8 : number());
  // What has completed is taken, or not.
  if (next() % 3) *(uint32_t *)(rings[i].m + (p[20] & 8188)) = *(uint32_t *)(rings[i].m + (p[21] & 8188));
}
static void registration(int i) {
  uint64_t arg = address();
  uint32_t op = next() % 40, nr = next() % 4 ? next() % 4 : number();
  if (op == 22 && next() % 2) {
    uint64_t *w = (uint64_t *)good;
    w[0] = (uintptr_t)good + 4096 * (next() % PAGES), w[1] = 1u << next() % 9 | (uint64_t)(next() % 4) << 32 | (uint64_t)(next() % 4) << 48, w[2] = w[3] = w[4] = 0;
    arg = (uintptr_t)good, nr = 1;
  }
  syscall(427, next() % 8 ? rings[i].fd : next() % 16, next() % 20 ? op : (uint32_t)number(), arg, nr);
}
static void round_of(void) {
  struct rlimit cpu = {2, 2}, files = {64, 64};
  int p[2];
  setrlimit(RLIMIT_CPU, &cpu), setrlimit(RLIMIT_NOFILE, &files);
  alarm(2);
  signal(SIGPIPE, SIG_IGN);
  good = mmap(0, PAGES * 4096, PROT_READ | PROT_WRITE, (next() % 2 ? MAP_PRIVATE : MAP_SHARED) | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 3; i++) close(i);
  open("/dev/null", O_RDWR), open("/tmp/u/file", O_RDWR | O_CREAT, 0600), eventfd(0, next() % 2 ? EFD_NONBLOCK : 0);
  pipe(p), socketpair(AF_UNIX, next() % 2 ? SOCK_STREAM : SOCK_DGRAM, 0, p), epoll_create1(0), socket(AF_INET, SOCK_DGRAM, 0);
  int l = socket(AF_INET, SOCK_STREAM, 0);
  listen(l, 4);
  timerfd_create(CLOCK_MONOTONIC, 0);
  for (int i = 0; i < 3; i++) setup(i);
  fill();
  for (int step = 0; step < 60; step++) {
    int i = next() % 3;
    switch (next() % 12) {
      case 0: case 1: registration(i); break;
      case 2: fill(); break;
      case 3: if (next() % 8 == 0) setup(i); break;
      case 4: if (next() % 10 == 0) close(next() % 16); break;
      case 5: mprotect(good + 4096 * (next() % PAGES), 4096, next() % 4); mprotect(good, PAGES * 4096, PROT_READ | PROT_WRITE); break;
      case 6: if (next() % 6 == 0) munmap(good + 4096 * (next() % PAGES), 4096), mmap(good, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); break;
      case 7: if (next() % 30 == 0 && fork() == 0) alarm(1); break;
      default: submit(i); break;
    }
  }
}
int main(int argc, char **argv) {
  uint64_t seed = strtoull(argv[1], 0, 10);
  int rounds = atoi(argv[2]);
  mkdir("/tmp/u", 0700), chdir("/tmp/u");
  for (int i = 0; i < rounds; i++) {
    pid_t c = fork();
    if (!c) {
      setpgid(0, 0);
      state = seed * 1000003 + i * 7919 + 1;
      for (int j = 0; j < 8; j++) next();
      round_of();
      _exit(0);
    }
    int st;
    // A mask given to io_uring_enter may hold its alarm back.
    for (int t = 0; t < 30 && waitpid(c, &st, WNOHANG) == 0; t++) usleep(100000);
    kill(-c, SIGKILL);
    while (waitpid(-1, &st, WNOHANG) > 0) ;
  }
  printf("%d rounds ended\n", rounds);
}
