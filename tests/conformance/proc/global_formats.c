/* Shape of the files that tools parse. */
#include "proc.h"
#include <regex.h>
static void match(const char *path, const char *pattern) {
  regex_t re;
  if (slurp(path) < 0) {
    printf("%s: %s\n", path, strerror(errno));
    return;
  }
  regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
  printf("%s: %s\n", path, regexec(&re, text, 0, NULL, 0) ? "no match" : "ok");
  regfree(&re);
}
int main(void) {
  match("/proc/uptime", "^[0-9]+\\.[0-9]{2} [0-9]+\\.[0-9]{2}$");
  match("/proc/loadavg", "^[0-9]+\\.[0-9]{2} [0-9]+\\.[0-9]{2} [0-9]+\\.[0-9]{2} [0-9]+/[0-9]+ [0-9]+$");
  match("/proc/version", "^Linux version [^ ]+ \\(.*\\) .* #");
  match("/proc/stat", "^cpu  [0-9]+( [0-9]+){9}$");
  match("/proc/stat", "^cpu0 [0-9]+( [0-9]+){9}$");
  match("/proc/stat", "^btime [0-9]+$");
  match("/proc/stat", "^processes [0-9]+$");
  match("/proc/stat", "^procs_running [0-9]+$");
  match("/proc/meminfo", "^MemTotal: {5,}[0-9]+ kB$");
  match("/proc/meminfo", "^MemAvailable: {2,}[0-9]+ kB$");
  match("/proc/meminfo", "^SwapFree: {5,}[0-9]+ kB$");
  match("/proc/meminfo", "^HugePages_Total: {7}0$");
  match("/proc/cpuinfo", "^processor\t: 0$");
  match("/proc/cpuinfo", "^model name\t: .+$");
  match("/proc/cpuinfo", "^flags\t\t: fpu .*sse2");
  match("/proc/mounts", "^proc /proc proc rw");
  match("/proc/self/mountinfo", "^[0-9]+ [0-9]+ [0-9]+:[0-9]+ / /proc rw[^ ]* (shared:[0-9]+ )?- proc [^ ]+ rw");
  match("/proc/self/mountstats", "mounted on /proc with fstype proc$");
  match("/proc/filesystems", "^nodev\tproc$");
  match("/proc/devices", "^  1 mem$");
  match("/proc/self/statm", "^[0-9]+ [0-9]+ [0-9]+ [0-9]+ 0 [0-9]+ 0$");
  match("/proc/self/io", "^read_bytes: [0-9]+$");
  match("/proc/self/cgroup", "^0::/");
  match("/proc/self/smaps", "^Rss: {12,}[0-9]+ kB$");
  match("/proc/self/smaps_rollup", "^[0-9a-f]+-[0-9a-f]+ ---p 00000000 00:00 0 +\\[rollup\\]$");
  match("/proc/self/uid_map", "^ {9}0 {10}0 4294967295$");
  match("/proc/swaps", "^Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority$");
  match("/proc/partitions", "^major minor  #blocks  name$");
  match("/proc/net/dev", "^    lo: ");
  match("/proc/tty/drivers", "^/dev/ptmx +/dev/ptmx +5 +2 system$");
  match("/proc/sys/fs/file-nr", "^[0-9]+\t0\t[0-9]+$");
  match("/proc/self/personality", "^[0-9a-f]{8}$");
  match("/proc/self/sched", "^nr_switches +: +[0-9]+$");
  match("/proc/self/schedstat", "^[0-9]+ [0-9]+ [0-9]+$");
  return 0;
}
