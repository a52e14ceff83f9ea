import { csumFold, csumPartial } from "@lstar/kernel/lib/checksum.ts";
import { get16, get32, set16, set32 } from "@lstar/kernel/net/core/skb.ts";

/** Ethernet frames with ARP, IPv4, ICMP, TCP and UDP: their layout. Nothing here trusts what it reads. */

export { get16, get32, set16, set32 };

export const ETH = 14;
export const IP = 20;
export const TCP = 20;
export const UDP = 8;
export const ETH_P_IP = 0x0800;
export const ETH_P_ARP = 0x0806;
export const ICMP_PROTOCOL = 1;
export const TCP_PROTOCOL = 6;
export const UDP_PROTOCOL = 17;

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;

export function setEthernet(b: Uint8Array, to: ArrayLike<number>, from: ArrayLike<number>, protocol: number): void {
  b.set(to, 0);
  b.set(from, 6);
  set16(b, 12, protocol);
}

/** Writes an IPv4 header behind the Ethernet header. `length`: header and payload; `fragment`: the field of flags and offset. */
export function setIp(b: Uint8Array, length: number, protocol: number, from: number, to: number, id: number, fragment = 0x4000): void {
  b[ETH] = 0x45;
  b[ETH + 1] = 0;
  set16(b, ETH + 2, length);
  set16(b, ETH + 4, id);
  set16(b, ETH + 6, fragment);
  b[ETH + 8] = 64;
  b[ETH + 9] = protocol;
  set16(b, ETH + 10, 0);
  set32(b, ETH + 12, from);
  set32(b, ETH + 16, to);
  set16(b, ETH + 10, csumFold(csumPartial(b, ETH, IP, 0)));
}

/** Checksum of a transport packet at `at`, with IPv4's pseudo header; its own field must be 0. */
export function transportSum(b: Uint8Array, at: number, n: number, protocol: number, from: number, to: number): number {
  const pseudo = (from >>> 16) + (from & 0xffff) + (to >>> 16) + (to & 0xffff) + protocol + n;
  return csumFold(csumPartial(b, at, n, pseudo));
}

export function plainSum(b: Uint8Array, at: number, n: number): number {
  return csumFold(csumPartial(b, at, n, 0));
}

export const v4 = (a: number, b: number, c: number, d: number): number => ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
export const v4Bytes = (a: number): number[] => [a >>> 24, (a >>> 16) & 255, (a >>> 8) & 255, a & 255];
