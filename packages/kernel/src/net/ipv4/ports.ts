import { sysctlValue } from "../../kernel/sysctl.ts";
import type { Kernel } from "../../kernel.ts";
import { IP_LOCAL_PORT_RANGE } from "../../uapi/in.ts";
import { SO_REUSEADDR, SO_REUSEPORT } from "../../uapi/socket.ts";
import { net, type PortTable } from "../core/netNamespace.ts";
import type { InetSock } from "./inetSock.ts";
import { rcvSaddrEqual } from "./sockaddr.ts";

const LOW = 32768;
const HIGH = 60999;

/** First and last of the ports that are given out. @linux net/ipv4/inet_connection_sock.c inet_sk_get_local_port_range */
export function localPortRange(k: Kernel, sk: InetSock): { low: number; high: number } {
  let low = LOW;
  let high = HIGH;
  const set = sysctlValue(k, "net/ipv4/ip_local_port_range");
  if (set) {
    const [a, b] = set.split(/\s+/).map(Number);
    if (a! > 0 && b! >= a! && b! <= 65535) {
      low = a!;
      high = b!;
    }
  }
  const own = sk.ipOptions.get(IP_LOCAL_PORT_RANGE) ?? 0;
  const lo = own & 0xffff;
  const hi = own >>> 16;
  if (lo >= low && lo <= high) low = lo;
  if (hi >= low && hi <= high) high = hi;
  return { low, high };
}

const reuse = (sk: InetSock): boolean => sk.options.get(SO_REUSEADDR) === 1;
const reuseport = (sk: InetSock): boolean => sk.options.get(SO_REUSEPORT) === 1;

/** Does another socket have the port, so that this one may not? @linux net/ipv4/udp.c udp_lib_lport_inuse */
function inUse(table: PortTable, sk: InetSock, port: number): boolean {
  for (const other of table.byPort.get(port) ?? []) {
    if (other === sk || (reuse(other) && reuse(sk))) continue;
    if (other.boundDevIf !== 0 && sk.boundDevIf !== 0 && other.boundDevIf !== sk.boundDevIf) continue;
    if (!rcvSaddrEqual(sk, other)) continue;
    if (reuseport(other) && reuseport(sk) && other.uid === sk.uid) continue;
    return true;
  }
  return false;
}

/** Takes a port in a table: 0, or 1 if it (or every one) is taken. @linux net/ipv4/udp.c udp_lib_get_port */
export function libGetPort(k: Kernel, table: PortTable, sk: InetSock, port: number): number {
  if (port === 0) {
    const { low, high } = localPortRange(k, sk);
    const n = high - low + 1;
    const n0 = net(k);
    n0.udpRover = (Math.imul(n0.udpRover || n0.secret, 1664525) + 1013904223) >>> 0;
    const start = n0.udpRover % n;
    for (let i = 0; i < n && port === 0; i++) {
      const candidate = low + ((start + i) % n);
      if (!inUse(table, sk, candidate)) port = candidate;
    }
    if (port === 0) return 1;
  } else if (inUse(table, sk, port)) return 1;
  sk.num = sk.sport = port;
  table.add(sk);
  return 0;
}
