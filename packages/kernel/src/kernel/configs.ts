import { procGlobal, text } from "../fs/proc/entry.ts";

/** Options of Linux whose parts are there. */
const BUILT_IN = `64BIT X86_64 X86 MMU SMP PREEMPT PREEMPT_DYNAMIC PREEMPT_NOTIFIERS HZ_250 HIGH_RES_TIMERS NO_HZ
POSIX_TIMERS SYSVIPC SYSVIPC_SYSCTL POSIX_MQUEUE POSIX_MQUEUE_SYSCTL CROSS_MEMORY_ATTACH MULTIUSER SGETMASK_SYSCALL FHANDLE
NAMESPACES UTS_NS AIO IO_URING PRINTK FUTEX FUTEX_PI EPOLL SIGNALFD TIMERFD EVENTFD SHMEM ADVISE_SYSCALLS MEMBARRIER KCMP RSEQ CACHESTAT_SYSCALL
IKCONFIG IKCONFIG_PROC BINFMT_ELF BINFMT_SCRIPT COREDUMP ELF_CORE CORE_DUMP_DEFAULT_ELF_HEADERS UNIX98_PTYS TTY
FILE_LOCKING FSNOTIFY DNOTIFY INOTIFY_USER PROC_FS PROC_SYSCTL SYSCTL PROC_PAGE_MONITOR PROC_CHILDREN SYSFS TMPFS TMPFS_XATTR
TMPFS_POSIX_ACL DEVTMPFS MEMFD_CREATE NUMA CHECKPOINT_RESTORE ANON_VMA_NAME
SECCOMP SECCOMP_FILTER HAVE_ARCH_SECCOMP_FILTER AUDIT AUDITSYSCALL HAVE_ARCH_TRACEHOOK`;
/** Options that programs ask about and that are not. */
const ABSENT = `PREEMPT_RT MODULES SWAP CGROUPS TIME_NS IPC_NS USER_NS PID_NS NET_NS BLK_DEV_LOOP KSM
TRANSPARENT_HUGEPAGE MEMORY_FAILURE USERFAULTFD KEYS QUOTA FANOTIFY BSD_PROCESS_ACCT PERF_EVENTS BPF_SYSCALL
KALLSYMS EXT4_FS XFS_FS BTRFS_FS OVERLAY_FS TUN`;

function configText(): string {
  const words = (list: string): string[] => list.split(/\s+/);
  const on = words(BUILT_IN).map((name) => `CONFIG_${name}=y\n`);
  const off = words(ABSENT).map((name) => `# CONFIG_${name} is not set\n`);
  return `#\n# lstar kernel configuration\n#\n${on.join("")}CONFIG_HZ=250\n${off.join("")}`;
}

function crc32(data: string): number {
  let crc = -1;
  for (let i = 0; i < data.length; i++) {
    crc ^= data.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

/** A byte string as a gzip file of one stored block (RFC 1951, 1952): at most 65535 bytes. */
function gzipStored(data: string): string {
  const bytes = (n: number, count: number): string =>
    Array.from({ length: count }, (_, i) => String.fromCharCode((n >>> (8 * i)) & 255)).join("");
  const head = "\x1f\x8b\x08\0\0\0\0\0\0\x03";
  return `${head}\x01${bytes(data.length, 2)}${bytes(~data.length, 2)}${data}${bytes(crc32(data), 4)}${bytes(data.length, 4)}`;
}

// @linux kernel/configs.c ikconfig_init
procGlobal({ "config.gz": text(gzipStored(configText())) });
