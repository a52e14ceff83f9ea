// What rt_sigqueueinfo and rt_tgsigqueueinfo let a process claim.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void try(const char *what, long r) { printf("%s: %s\n", what, r < 0 ? strerror(errno) : "ok"); }
static void handler(int sig, siginfo_t *info, void *context) {
  (void)context;
  printf("  got %d code %d pid %d\n", sig, info->si_code, info->si_pid);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &a, NULL);
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_pid = 4242;
  int codes[] = {SI_USER, SI_KERNEL, SI_TKILL, SI_QUEUE, SI_TIMER, 5, -60};
  pid_t child = fork();
  if (child == 0)
    for (;;) pause();
  for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++) {
    char text[60];
    info.si_code = codes[i];
    info.si_signo = 12;
    snprintf(text, sizeof text, "to myself, code %d", codes[i]);
    try(text, syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
    snprintf(text, sizeof text, "to a child, code %d", codes[i]);
    try(text, syscall(SYS_rt_sigqueueinfo, child, 0, &info));
    snprintf(text, sizeof text, "to a thread of a child, code %d", codes[i]);
    try(text, syscall(SYS_rt_tgsigqueueinfo, child, child, 0, &info));
  }
  try("no such process", syscall(SYS_rt_sigqueueinfo, 0x3fffffff, SIGUSR1, &info));
  try("bad pointer", syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, 8));
  try("bad signal", syscall(SYS_rt_sigqueueinfo, getpid(), 65, &info));
  try("thread of another", syscall(SYS_rt_tgsigqueueinfo, child, getpid(), SIGUSR1, &info));
  try("tgid 0", syscall(SYS_rt_tgsigqueueinfo, 0, getpid(), SIGUSR1, &info));
  try("tgkill tgid -1", syscall(SYS_tgkill, -1, getpid(), SIGUSR1));
  try("tkill 0", syscall(SYS_tkill, 0, SIGUSR1));
  kill(child, SIGKILL);
  int status;
  waitpid(child, &status, 0);
  printf("child ended by %d\n", WTERMSIG(status));
}
