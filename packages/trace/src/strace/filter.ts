/**
 * strace's `-e EXPR` (strace(1), "Filtering"). Several expressions combine as strace combines them:
 * the last one of a kind wins.
 */
export interface Filter {
  /** Which system calls to print. */
  readonly traces: (name: string) => boolean;
  /** Which signals to print, by number. */
  readonly signals: (sig: number) => boolean;
  /** Which results to print. */
  readonly status: (failed: boolean, finished: boolean) => boolean;
  /** False if only chosen calls are printed, so that the execve line is judged as well. */
  readonly all: boolean;
}

export const everything: Filter = { traces: () => true, signals: () => true, status: () => true, all: true };

/** Classes of system calls, as in `-e trace=%file`. */
export const classes: Record<string, RegExp> = {
  file: /^(open|openat|openat2|creat|stat|lstat|newfstatat|statx|access|faccessat|faccessat2|chmod|fchmodat|fchmodat2|chown|lchown|fchownat|link|linkat|symlink|symlinkat|unlink|unlinkat|rename|renameat|renameat2|mkdir|mkdirat|rmdir|mknod|mknodat|readlink|readlinkat|execve|execveat|truncate|statfs|utime|utimes|futimesat|utimensat|chdir|chroot|getcwd|mount|umount2|pivot_root|swapon|swapoff|acct|quotactl|uselib|inotify_add_watch|fanotify_mark|name_to_handle_at|open_tree|move_mount|mount_setattr|fspick|setxattr|lsetxattr|getxattr|lgetxattr|listxattr|llistxattr|removexattr|lremovexattr)$/,
  process:
    /^(fork|vfork|clone|clone3|execve|execveat|exit|exit_group|wait4|waitid|kill|tkill|tgkill|rt_sigqueueinfo|rt_tgsigqueueinfo|pidfd_open|pidfd_send_signal)$/,
  network:
    /^(socket|socketpair|bind|listen|accept|accept4|connect|getsockname|getpeername|sendto|recvfrom|sendmsg|recvmsg|sendmmsg|recvmmsg|shutdown|setsockopt|getsockopt)$/,
  signal: /^(rt_sig.*|sigaltstack|signalfd|signalfd4|kill|tkill|tgkill|pause|pidfd_send_signal)$/,
  ipc: /^(msg.*|sem.*|shm.*)$/,
  desc: /^(read|write|close|close_range|fstat|lseek|mmap|ioctl|pread64|pwrite64|readv|writev|preadv.*|pwritev.*|dup|dup2|dup3|fcntl|flock|fsync|fdatasync|syncfs|ftruncate|fchdir|fchmod|fchown|getdents|getdents64|open|openat|openat2|creat|pipe|pipe2|poll|ppoll|select|pselect6|epoll.*|eventfd2?|signalfd4?|timerfd.*|inotify.*|splice|tee|vmsplice|sendfile|copy_file_range|fallocate|fadvise64|readahead|sync_file_range|memfd_create|f(get|set|list|remove)xattr|fstatfs|.*at|newfstatat|statx|faccessat2|renameat2|pidfd_.*|io_uring.*|utimensat)$/,
  memory:
    /^(brk|mmap|munmap|mprotect|mremap|madvise|msync|mincore|mlock|mlock2|munlock|mlockall|munlockall|remap_file_pages|mbind|get_mempolicy|set_mempolicy|migrate_pages|move_pages|pkey_.*|membarrier|process_madvise|shmat|shmdt|memfd_secret)$/,
  stat: /^(stat)$/,
  lstat: /^(lstat)$/,
  fstat: /^(fstat|newfstatat)$/,
  "%stat": /^(stat|lstat|fstat|newfstatat|statx)$/,
  statfs: /^statfs$/,
  fstatfs: /^fstatfs$/,
  "%statfs": /^(statfs|fstatfs|ustat)$/,
  clock: /^(time|gettimeofday|settimeofday|adjtimex|clock_.*)$/,
  creds: /^(get|set)(res|fs|e|re)?[ug]ids?$|^(get|set)groups$|^cap(get|set)$|^prctl$/,
  pure: /^(getpid|getppid|gettid|getuid|geteuid|getgid|getegid|getpgrp)$/,
};

const signalNumbers: Record<string, number> = {};
"HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
  .split(" ")
  .forEach((n, i) => {
    signalNumbers[n] = i + 1;
  });

/** A test for one item of a set of system calls, or what is wrong with it. */
export function callMatcher(item: string, known: ReadonlySet<string>): ((name: string) => boolean) | string {
  let text = item;
  let quiet = false;
  if (text.startsWith("?")) {
    quiet = true;
    text = text.slice(1);
  }
  if (text === "all") return () => true;
  if (text === "none") return () => false;
  if (text.startsWith("/")) {
    try {
      const re = new RegExp(text.slice(1));
      return (n) => re.test(n);
    } catch {
      return `invalid regular expression '${text.slice(1)}'`;
    }
  }
  if (text.startsWith("%")) {
    const re = classes[text] ?? classes[text.slice(1)];
    return re ? (n) => re.test(n) : `invalid system call '${text}'`;
  }
  if (classes[text] && !known.has(text)) return (n) => classes[text]!.test(n);
  if (!known.has(text) && !quiet) return `invalid system call '${text}'`;
  return (n) => n === text;
}

/**
 * Parses `-e` expressions. `known` holds all names of system calls.
 * @returns the filter, or what is wrong with the text
 */
export function parseFilter(expressions: readonly string[], known: ReadonlySet<string>): Filter | string {
  let traces = everything.traces;
  let signals = everything.signals;
  let status = everything.status;
  let all = true;
  for (const expression of expressions) {
    const eq = expression.indexOf("=");
    const kind = eq < 0 ? "trace" : expression.slice(0, eq);
    let list = eq < 0 ? expression : expression.slice(eq + 1);
    let negate = false;
    if (list.startsWith("!")) {
      negate = true;
      list = list.slice(1);
    }
    const items = list.split(",").filter((s) => s !== "");
    switch (kind) {
      case "trace":
      case "t": {
        const tests: ((name: string) => boolean)[] = [];
        for (const item of items) {
          const test = callMatcher(item, known);
          if (typeof test === "string") return test;
          tests.push(test);
        }
        traces = (n) => tests.some((t) => t(n)) !== negate;
        all = false;
        break;
      }
      case "signal":
      case "signals":
      case "s": {
        const set = new Set<number>();
        let every = false;
        for (const item of items) {
          if (item === "all") every = true;
          else if (item !== "none") {
            const n = /^\d+$/.test(item) ? Number(item) : signalNumbers[item.replace(/^SIG/i, "").toUpperCase()];
            if (n === undefined) return `invalid signal '${item}'`;
            set.add(n);
          }
        }
        signals = (n) => (every || set.has(n)) !== negate;
        break;
      }
      case "status": {
        const set = new Set(items);
        for (const item of items)
          if (!["successful", "failed", "unfinished", "unavailable", "detached", "all", "none"].includes(item))
            return `invalid status '${item}'`;
        status = (failed, finished) =>
          (set.has("all") || (finished ? set.has(failed ? "failed" : "successful") : set.has("unfinished") || set.has("unavailable"))) !==
          negate;
        break;
      }
      default:
        return `unknown qualifier '${kind}' (known: trace, signal, status)`;
    }
  }
  return { traces, signals, status, all };
}
