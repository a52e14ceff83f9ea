/* Names and order of the lines of status that every kernel has, and values that are known. */
#include "proc.h"
int main(void) {
  static const char *want[] = {"Name", "Umask", "State", "Tgid", "Ngid", "Pid", "PPid", "TracerPid", "Uid", "Gid", "FDSize", "Groups", "VmPeak", "VmSize", "VmLck", "VmPin", "VmHWM", "VmRSS", "RssAnon", "RssFile", "RssShmem", "VmData", "VmStk", "VmExe", "VmLib", "VmPTE", "VmSwap", "Threads", "SigQ", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Cpus_allowed", "Cpus_allowed_list", "Mems_allowed", "Mems_allowed_list", "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"};
  prctl(PR_SET_NAME, "a b)\\(\nc");
  umask(027);
  signal(SIGUSR1, SIG_IGN);
  signal(SIGTERM, (void (*)(int))main);
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, SIGHUP);
  sigaddset(&s, SIGRTMAX);
  sigprocmask(SIG_BLOCK, &s, NULL);
  raise(SIGHUP);
  kill(getpid(), SIGRTMAX);
  slurp("/proc/self/status");
  char *at = text;
  for (unsigned i = 0; i < sizeof want / sizeof *want; i++) {
    char line[80];
    sprintf(line, "%s:", want[i]);
    char *p = !strncmp(at, line, strlen(line)) ? at : NULL;
    sprintf(line, "\n%s:", want[i]);
    if (!p) p = strstr(at, line);
    printf("%s%s", want[i], p ? " " : " MISSING ");
    if (p) at = p;
  }
  printf("\n");
  const char *show[] = {"Name", "Umask", "State", "TracerPid", "Uid", "Gid", "VmLck", "VmSwap", "Threads", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt", "NoNewPrivs"};
  for (unsigned i = 0; i < sizeof show / sizeof *show; i++) printf("%s [%s]\n", show[i], field(show[i]));
  printf("pid %d tgid %d ppid %d\n", atoi(field("Pid")) == getpid(), atoi(field("Tgid")) == getpid(), atoi(field("PPid")) == getppid());
  return 0;
}
