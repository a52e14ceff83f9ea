import { cpuid } from "@lstar/machine";
import type { Kernel } from "../../kernel.ts";
import { devGetByName, type NetDevice } from "../../net/core/dev.ts";
import type { ProcEntry } from "../proc/entry.ts";
import { showNodeMeminfo } from "./node.ts";

/** Files by path below /sys, declared as those of procfs are. */
export const sysfsEntries = new Map<string, ProcEntry>();

function add(entries: Record<string, string | ((k: Kernel) => string)>): void {
  for (const [path, content] of Object.entries(entries)) {
    sysfsEntries.set(path, { mode: 0o444, show: typeof content === "string" ? () => `${content}\n` : (k) => `${content(k)}\n` });
  }
}

/** What cpuid's leaf 4 says of one cache. @linux drivers/base/cacheinfo.c */
function cache(index: number): Record<string, string> {
  const [a, b, c] = cpuid(4, index);
  if ((a & 31) === 0) return {};
  const ways = (b >>> 22) + 1;
  const line = (b & 0xfff) + 1;
  const sets = c + 1;
  const base = `devices/system/cpu/cpu0/cache/index${index}`;
  return {
    [`${base}/type`]: ["", "Data", "Instruction", "Unified"][a & 31] as string,
    [`${base}/level`]: String((a >>> 5) & 7),
    [`${base}/size`]: `${(ways * line * sets) / 1024}K`,
    [`${base}/coherency_line_size`]: String(line),
    [`${base}/number_of_sets`]: String(sets),
    [`${base}/ways_of_associativity`]: String(ways),
    [`${base}/physical_line_partition`]: "1",
    [`${base}/shared_cpu_map`]: "1",
    [`${base}/shared_cpu_list`]: "0",
    [`${base}/id`]: "0",
  };
}

add({
  "devices/system/cpu/online": "0",
  "devices/system/cpu/possible": "0",
  "devices/system/cpu/present": "0",
  "devices/system/cpu/offline": "",
  "devices/system/cpu/isolated": "",
  "devices/system/cpu/kernel_max": "0",
  "devices/system/cpu/smt/active": "0",
  "devices/system/cpu/smt/control": "notsupported",
  "devices/system/cpu/cpu0/topology/physical_package_id": "0",
  "devices/system/cpu/cpu0/topology/die_id": "0",
  "devices/system/cpu/cpu0/topology/core_id": "0",
  "devices/system/cpu/cpu0/topology/core_cpus": "1",
  "devices/system/cpu/cpu0/topology/core_cpus_list": "0",
  "devices/system/cpu/cpu0/topology/thread_siblings": "1",
  "devices/system/cpu/cpu0/topology/thread_siblings_list": "0",
  "devices/system/cpu/cpu0/topology/core_siblings": "1",
  "devices/system/cpu/cpu0/topology/core_siblings_list": "0",
  "devices/system/cpu/cpu0/topology/package_cpus": "1",
  "devices/system/cpu/cpu0/topology/package_cpus_list": "0",
  ...cache(0),
  ...cache(1),
  ...cache(2),
  ...cache(3),
  "devices/system/node/online": "0",
  "devices/system/node/possible": "0",
  "devices/system/node/has_cpu": "0",
  "devices/system/node/has_memory": "0",
  "devices/system/node/node0/cpulist": "0",
  "devices/system/node/node0/cpumap": "1",
  "devices/system/node/node0/distance": "10",
  "devices/system/node/node0/meminfo": showNodeMeminfo,
  "devices/system/clocksource/clocksource0/current_clocksource": "tsc",
  "devices/system/clocksource/clocksource0/available_clocksource": "tsc",
  "kernel/mm/transparent_hugepage/enabled": "always madvise [never]",
  "kernel/mm/transparent_hugepage/defrag": "always defer defer+madvise madvise [never]",
  "kernel/mm/transparent_hugepage/shmem_enabled": "always within_size advise [never] deny force",
  "kernel/mm/transparent_hugepage/hpage_pmd_size": "2097152",
  "kernel/mm/transparent_hugepage/use_zero_page": "1",
  "kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "0",
  "kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "0",
  "kernel/mm/ksm/run": "0",
  "kernel/uevent_seqnum": "0",
  "kernel/profiling": "0",
  "kernel/vmcoreinfo": "0 0",
  "module/tcp_cubic/parameters/hystart": "1",
  "class/net/lo/address": "00:00:00:00:00:00",
  "class/net/lo/mtu": "65536",
  "class/net/lo/operstate": "unknown",
  "class/net/lo/flags": "0x9",
  "class/net/lo/ifindex": "1",
  "class/net/lo/type": "772",
  "class/tty/console/active": "ttyS0",
  "class/tty/console/dev": "5:1",
  "class/tty/ptmx/dev": "5:2",
  "class/tty/tty/dev": "5:0",
  "class/tty/ttyS0/dev": "4:64",
  "class/mem/null/dev": "1:3",
  "class/mem/zero/dev": "1:5",
  "class/mem/full/dev": "1:7",
  "class/mem/random/dev": "1:8",
  "class/mem/urandom/dev": "1:9",
  "class/mem/kmsg/dev": "1:11",
});

const hex = (b: readonly number[]): string => b.map((n) => n.toString(16).padStart(2, "0")).join(":");
const ETH0 = "class/net/eth0";
function addEth0(entries: Record<string, (d: NetDevice) => string | number>): void {
  for (const [name, show] of Object.entries(entries))
    add({
      [`${ETH0}/${name}`]: (k) => {
        const dev = devGetByName(k, "eth0");
        return dev ? String(show(dev)) : "";
      },
    });
}
/** @linux net/core/net-sysfs.c net_class_attrs */
addEth0({
  address: (d) => hex(d.hardwareAddress),
  addr_len: () => 6,
  addr_assign_type: () => 0,
  broadcast: (d) => hex(d.broadcast),
  carrier: () => 1,
  carrier_changes: () => 0,
  dev_id: () => "0x0",
  dev_port: () => 0,
  dormant: () => 0,
  flags: (d) => `0x${(d.flags & 0xffbf).toString(16)}`,
  ifindex: (d) => d.index,
  iflink: (d) => d.index,
  link_mode: () => 0,
  mtu: (d) => d.mtu,
  name_assign_type: () => 1,
  netdev_group: () => 0,
  operstate: () => "up",
  tx_queue_len: (d) => d.txQueueLength,
  type: (d) => d.type,
  "statistics/collisions": () => 0,
  "statistics/multicast": (d) => d.multicast,
  "statistics/rx_bytes": (d) => d.rxBytes,
  "statistics/rx_dropped": (d) => d.rxDropped,
  "statistics/rx_errors": (d) => d.rxErrors,
  "statistics/rx_packets": (d) => d.rxPackets,
  "statistics/tx_bytes": (d) => d.txBytes,
  "statistics/tx_dropped": () => 0,
  "statistics/tx_errors": (d) => d.txErrors,
  "statistics/tx_packets": (d) => d.txPackets,
});

/** Is something of this path there? What belongs to a device is not without it. */
export function sysfsPresent(k: Kernel, path: string): boolean {
  return (path !== ETH0 && !path.startsWith(`${ETH0}/`)) || devGetByName(k, "eth0") !== null;
}

/** Directories that have to be there though nothing is in them. */
export const sysfsDirectories: readonly string[] = [
  "block",
  "bus",
  "class/block",
  "dev/block",
  "dev/char",
  "firmware",
  "fs",
  "hypervisor",
  "kernel/debug",
  "power",
];
