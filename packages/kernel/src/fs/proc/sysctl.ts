import { capable } from "../../kernel/capability.ts";
import { PID_MAX } from "../../kernel/pid.ts";
import { UTS } from "../../kernel/sys.ts";
import { sysctls } from "../../kernel/sysctl.ts";
import { utsname } from "../../kernel/utsname.ts";
import type { Kernel } from "../../kernel.ts";
import { CAP_CHECKPOINT_RESTORE, CAP_LAST_CAP, CAP_SYS_ADMIN } from "../../uapi/capability.ts";
import { EINVAL, EPERM } from "../../uapi/errno.ts";
import { aioNr } from "../aioRing.ts";
import { type ProcEntry, procGlobal } from "./entry.ts";

function fixed(value: string | number): ProcEntry {
  return { mode: 0o444, show: () => `${value}\n` };
}

/** Numbers that can be changed within limits, though nothing depends on them. */
function setting(path: string, initial: string | number, min = 0, max = 2147483647): ProcEntry {
  const count = String(initial).split(/\s+/).length;
  return {
    mode: 0o644,
    show: (k) => `${sysctls(k).values.get(path) ?? initial}\n`,
    store(k, _task, value) {
      const words = value.trim().split(/\s+/);
      if (words.length > count || !words.every((w) => /^-?\d+$/.test(w) && Number(w) >= min && Number(w) <= max)) return -EINVAL;
      const old = (sysctls(k).values.get(path) ?? String(initial)).split(/\s+/);
      sysctls(k).values.set(path, old.map((o, i) => words[i] ?? o).join("\t"));
      return 0;
    },
  };
}

/** The next process gets the number after this one. @linux kernel/pid_namespace.c pid_ns_ctl_handler */
function storeLastPid(k: Kernel, _task: unknown, value: string): number {
  if (!capable(k, CAP_SYS_ADMIN) && !capable(k, CAP_CHECKPOINT_RESTORE)) return -EPERM;
  const pid = Number(value.trim());
  if (!/^\d+$/.test(value.trim()) || pid > PID_MAX) return -EINVAL;
  k.lastPid = pid;
  return 0;
}

/** A text that can be changed. */
function string(path: string, initial: string): ProcEntry {
  return {
    mode: 0o644,
    show: (k) => `${sysctls(k).values.get(path) ?? initial}\n`,
    store(k, _task, value) {
      sysctls(k).values.set(path, value.replace(/\n[\s\S]*$/, ""));
      return 0;
    },
  };
}

/** Host and domain name; at most 64 bytes. @linux kernel/utsname_sysctl.c proc_do_uts_string */
function uts(name: "hostname" | "domainname"): ProcEntry {
  return {
    mode: 0o644,
    show: (k) => `${utsname(k)[name]}\n`,
    store(k, _task, value) {
      utsname(k)[name] = value.replace(/[\n\0][\s\S]*$/, "").slice(0, 64);
      return 0;
    },
  };
}

/** A random number in the form of RFC 4122, version 4. @linux lib/uuid.c generate_random_uuid */
function uuid(k: Kernel): string {
  const b = new Uint8Array(16);
  k.rng.fill(b);
  b[6] = ((b[6] as number) & 0x0f) | 0x40;
  b[8] = ((b[8] as number) & 0x3f) | 0x80;
  const h = [...b].map((n) => n.toString(16).padStart(2, "0")).join("");
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

function bootId(k: Kernel): string {
  const s = sysctls(k);
  s.bootId ||= uuid(k);
  return s.bootId;
}

/** Open files: used, free, limit. @linux fs/file_table.c proc_nr_files */
function fileNr(k: Kernel): string {
  const files = new Set<object>();
  for (const t of k.pids.values()) for (const f of t.files.fd) if (f) files.add(f);
  return `${files.size}\t0\t9223372036854775807\n`;
}

/** Settings by path below /proc/sys: initial value and limits. */
const settings: readonly [path: string, initial: string | number, min?: number, max?: number][] = [
  ["kernel/pid_max", 4194304, 301, 4194304],
  ["kernel/threads-max", 62730, 20],
  ["kernel/core_uses_pid", 0],
  ["kernel/randomize_va_space", 2, 0, 2],
  ["kernel/overflowuid", 65534, 0, 65535],
  ["kernel/overflowgid", 65534, 0, 65535],
  ["kernel/panic", 0, -2147483648],
  ["kernel/panic_on_oops", 0, 0, 1],
  ["kernel/printk", "4\t4\t1\t7"],
  ["kernel/dmesg_restrict", 1, 0, 1],
  ["kernel/kptr_restrict", 1, 0, 2],
  ["kernel/perf_event_paranoid", 2, -1, 4],
  ["kernel/sysrq", 438],
  ["kernel/yama/ptrace_scope", 0, 0, 3],
  ["kernel/unprivileged_bpf_disabled", 2, 0, 2],
  ["kernel/unprivileged_userns_clone", 1, 0, 1],
  ["kernel/sched_rt_period_us", 1000000, 1],
  ["kernel/sched_rt_runtime_us", 950000, -1],
  ["kernel/sched_child_runs_first", 0, 0, 1],
  ["kernel/sched_autogroup_enabled", 0, 0, 1],
  ["kernel/shmmax", "18446744073692774399"],
  ["kernel/shmall", "18446744073692774399"],
  ["kernel/shmmni", 4096, 0, 32768],
  ["kernel/shm_rmid_forced", 0, 0, 1],
  ["kernel/msgmax", 8192],
  ["kernel/msgmnb", 16384],
  ["kernel/msgmni", 32000, 0, 32768],
  ["kernel/sem", "32000\t1024000000\t500\t32000"],
  ["kernel/random/write_wakeup_threshold", 256],
  ["kernel/random/urandom_min_reseed_secs", 60],
  ["kernel/keys/maxkeys", 200],
  ["kernel/io_uring_disabled", 0, 0, 2],
  ["kernel/io_uring_group", -1, -1],
  ["vm/overcommit_memory", 0, 0, 2],
  ["vm/overcommit_ratio", 50],
  ["vm/overcommit_kbytes", 0],
  ["vm/max_map_count", 65530],
  ["vm/mmap_min_addr", 65536],
  ["vm/swappiness", 60, 0, 200],
  ["vm/dirty_ratio", 20, 0, 100],
  ["vm/dirty_background_ratio", 10, 0, 100],
  ["vm/dirty_bytes", 0],
  ["vm/dirty_background_bytes", 0],
  ["vm/dirty_expire_centisecs", 3000],
  ["vm/dirty_writeback_centisecs", 500],
  ["vm/drop_caches", 0, 0, 4],
  ["vm/min_free_kbytes", 4096],
  ["vm/nr_hugepages", 0],
  ["vm/nr_overcommit_hugepages", 0],
  ["vm/oom_kill_allocating_task", 0],
  ["vm/oom_dump_tasks", 1],
  ["vm/panic_on_oom", 0, 0, 2],
  ["vm/vfs_cache_pressure", 100],
  ["vm/unprivileged_userfaultfd", 0, 0, 1],
  ["vm/user_reserve_kbytes", 60000],
  ["vm/admin_reserve_kbytes", 8192],
  ["vm/zone_reclaim_mode", 0],
  ["vm/compaction_proactiveness", 20, 0, 100],
  ["fs/nr_open", 1048576, 64, 2147483584],
  ["fs/pipe-max-size", 1048576, 4096],
  ["fs/pipe-user-pages-hard", 0],
  ["fs/pipe-user-pages-soft", 16384],
  ["fs/lease-break-time", 45],
  ["fs/leases-enable", 1],
  ["fs/suid_dumpable", 0, 0, 2],
  ["fs/protected_hardlinks", 1, 0, 1],
  ["fs/protected_symlinks", 1, 0, 1],
  ["fs/protected_fifos", 1, 0, 2],
  ["fs/protected_regular", 2, 0, 2],
  ["fs/dir-notify-enable", 1, 0, 1],
  ["fs/aio-max-nr", 65536],
  ["fs/mount-max", 100000, 1],
  ["fs/inotify/max_queued_events", 16384],
  ["fs/inotify/max_user_instances", 128],
  ["fs/inotify/max_user_watches", 65536],
  ["fs/epoll/max_user_watches", 887192],
  ["fs/mqueue/queues_max", 256],
  ["fs/mqueue/msg_max", 10],
  ["fs/mqueue/msgsize_max", 8192],
  ["net/core/somaxconn", 4096, 0],
  ["net/core/rmem_default", 212992, 2304],
  ["net/core/rmem_max", 4194304, 2304],
  ["net/core/wmem_default", 212992, 4608],
  ["net/core/wmem_max", 4194304, 4608],
  ["net/core/netdev_max_backlog", 1000],
  ["net/core/optmem_max", 131072],
  ["net/unix/max_dgram_qlen", 512],
  ["net/ipv4/ip_local_port_range", "32768\t60999", 0, 65535],
  ["net/ipv4/ip_unprivileged_port_start", 1024, 0, 65535],
  ["net/ipv4/ip_forward", 0],
  ["net/ipv4/ping_group_range", "1\t0"],
  ["net/ipv4/tcp_fin_timeout", 60],
  ["net/ipv4/tcp_keepalive_time", 7200],
  ["net/ipv4/tcp_keepalive_intvl", 75],
  ["net/ipv4/tcp_keepalive_probes", 9],
  ["net/ipv4/tcp_syncookies", 1],
  ["net/ipv4/tcp_max_syn_backlog", 128],
  ["net/ipv4/ip_default_ttl", 64, 1, 255],
  ["net/ipv4/ip_nonlocal_bind", 0, 0, 1],
  ["net/ipv4/icmp_echo_ignore_all", 0, 0, 1],
  ["net/ipv4/tcp_abort_on_overflow", 0, 0, 1],
  ["net/ipv4/tcp_fastopen", 0],
  ["net/ipv4/tcp_max_tw_buckets", 65536],
  ["net/ipv4/tcp_moderate_rcvbuf", 1, 0, 1],
  ["net/ipv4/tcp_orphan_retries", 0, 0, 255],
  ["net/ipv4/tcp_retries1", 3, 0, 255],
  ["net/ipv4/tcp_retries2", 15, 0, 255],
  ["net/ipv4/tcp_sack", 1, 0, 1],
  ["net/ipv4/tcp_slow_start_after_idle", 1, 0, 1],
  ["net/ipv4/tcp_syn_retries", 6, 1, 127],
  ["net/ipv4/tcp_synack_retries", 5, 0, 255],
  ["net/ipv4/tcp_timestamps", 1, 0, 2],
  ["net/ipv4/tcp_tw_reuse", 2, 0, 2],
  ["net/ipv4/tcp_window_scaling", 1, 0, 1],
  ["net/ipv4/tcp_rmem", "4096\t131072\t6291456"],
  ["net/ipv4/tcp_wmem", "4096\t16384\t4194304"],
  ["net/ipv6/conf/all/disable_ipv6", 0, 0, 1],
  ["user/max_user_namespaces", 31365],
  ["dev/tty/legacy_tiocsti", 1, 0, 1],
  ["dev/tty/ldisc_autoload", 1, 0, 1],
];

procGlobal(Object.fromEntries(settings.map(([path, initial, min, max]) => [`sys/${path}`, setting(path, initial, min, max)])));

procGlobal({
  "sys/kernel/ostype": fixed(UTS.sysname),
  "sys/kernel/osrelease": fixed(UTS.release),
  "sys/kernel/version": fixed(UTS.version),
  "sys/kernel/arch": fixed(UTS.machine),
  "sys/kernel/hostname": uts("hostname"),
  "sys/kernel/domainname": uts("domainname"),
  "sys/kernel/cap_last_cap": fixed(CAP_LAST_CAP),
  "sys/kernel/ngroups_max": fixed(65536),
  "sys/kernel/core_pattern": {
    mode: 0o644,
    show: (k) => `${k.corePattern}\n`,
    store(k, _task, value) {
      k.corePattern = value.replace(/\n[\s\S]*$/, "").slice(0, 127);
      return 0;
    },
  },
  "sys/kernel/modprobe": string("kernel/modprobe", "/sbin/modprobe"),
  "sys/kernel/hotplug": string("kernel/hotplug", ""),
  "sys/kernel/tainted": fixed(0),
  "sys/kernel/ns_last_pid": { mode: 0o666, show: (k) => `${k.lastPid}\n`, store: storeLastPid },
  "sys/kernel/random/boot_id": { mode: 0o444, show: (k) => `${bootId(k)}\n` },
  "sys/kernel/random/uuid": { mode: 0o444, show: (k) => `${uuid(k)}\n` },
  "sys/kernel/random/entropy_avail": fixed(256),
  "sys/kernel/random/poolsize": fixed(256),
  "sys/kernel/seccomp/actions_avail": fixed("kill_process kill_thread trap errno user_notif trace log allow"),
  "sys/kernel/pty/max": fixed(4096),
  "sys/kernel/pty/reserve": fixed(1024),
  "sys/kernel/pty/nr": {
    mode: 0o444,
    show: (k) => {
      const devpts = k.subsystems.get("devpts") as { info?: { used?: Set<number> } } | undefined;
      return `${devpts?.info?.used?.size ?? 0}\n`;
    },
  },
  "sys/fs/file-max": fixed("9223372036854775807"),
  "sys/fs/file-nr": { mode: 0o444, show: fileNr },
  "sys/fs/inode-nr": fixed("0\t0"),
  "sys/fs/dentry-state": fixed("0\t0\t45\t0\t0\t0"),
  "sys/fs/aio-nr": { mode: 0o444, show: (k) => `${aioNr(k)}\n` },
  "sys/fs/overflowuid": setting("fs/overflowuid", 65534, 0, 65535),
  "sys/fs/overflowgid": setting("fs/overflowgid", 65534, 0, 65535),
  "sys/net/ipv4/tcp_congestion_control": fixed("reno"),
  "sys/net/ipv4/tcp_available_congestion_control": fixed("reno"),
  "sys/crypto/fips_enabled": fixed(0),
});
