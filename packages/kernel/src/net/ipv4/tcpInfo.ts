import type { Kernel } from "../../kernel.ts";
import { TCP_ATO_MIN } from "../../uapi/tcp.ts";
import * as S from "../core/sock.ts";
import { seqSub, type TcpSock } from "./tcpSock.ts";

/** sizeof(struct tcp_info) of Linux 6.18. */
export const TCP_INFO_SIZE = 280;

/** struct tcp_info. What is not measured here (rates, busy times, reordering seen) is zero or its first value. @linux net/ipv4/tcp.c tcp_get_info */
export function tcpInfo(k: Kernel, sk: TcpSock): Uint8Array {
  const bytes = new Uint8Array(TCP_INFO_SIZE);
  const v = new DataView(bytes.buffer);
  const us = (ns: number): number => Math.floor(ns / 1000);
  const now = k.time.now();
  const u64 = (at: number, n: number): void => {
    v.setUint32(at, n >>> 0, true);
    v.setUint32(at + 4, Math.floor(n / 4294967296), true);
  };
  bytes[0] = sk.state;
  const listens = sk.state === S.TCP_LISTEN;
  u64(104, -1 >>> 0);
  v.setUint32(108, 0xffffffff, true);
  u64(112, 0);
  v.setUint32(112, 0xffffffff, true);
  v.setUint32(116, 0xffffffff, true);
  if (listens) {
    v.setUint32(24, sk.acceptQueue.length, true);
    v.setUint32(28, sk.maxAckBacklog, true);
    return bytes;
  }
  bytes[1] = sk.caState;
  bytes[2] = sk.retransmits;
  bytes[3] = sk.probesOut;
  bytes[4] = sk.backoff;
  const { rx } = sk;
  bytes[5] = (rx.tstampOk ? 1 : 0) | (rx.sackOk ? 2 : 0) | (rx.wscaleOk ? 4 : 0);
  if (rx.wscaleOk) bytes[6] = (rx.sndWscale & 15) | ((rx.rcvWscale & 15) << 4);
  v.setUint32(8, us(sk.rto), true);
  v.setUint32(12, us(Math.max(TCP_ATO_MIN, Math.min(sk.ato, 200e6))), true);
  v.setUint32(16, sk.mssCache, true);
  v.setUint32(20, sk.rcvMss, true);
  v.setUint32(24, sk.rtxQueue.length, true);
  v.setUint32(28, sk.sackedOut, true);
  v.setUint32(32, sk.lostOut, true);
  v.setUint32(36, sk.retransOut, true);
  v.setUint32(44, Math.floor((now - sk.lsndtime) / 1e6), true);
  v.setUint32(52, Math.floor((now - sk.lrcvtime) / 1e6), true);
  v.setUint32(56, Math.floor((now - sk.rcvTstamp) / 1e6), true);
  v.setUint32(60, sk.v6 ? 65536 : 65535, true);
  v.setUint32(64, sk.rcvSsthresh, true);
  v.setUint32(68, us(sk.srtt), true);
  v.setUint32(72, us(sk.mdev), true);
  v.setUint32(76, sk.ssthresh, true);
  v.setUint32(80, sk.cwnd, true);
  v.setUint32(84, sk.advmss, true);
  v.setUint32(88, 3, true);
  v.setUint32(92, us(sk.srtt), true);
  v.setUint32(96, sk.rcvqSpace, true);
  v.setUint32(100, sk.totalRetrans, true);
  u64(120, sk.bytesAcked);
  u64(128, sk.bytesReceived);
  v.setUint32(136, sk.segsOut, true);
  v.setUint32(140, sk.segsIn, true);
  v.setUint32(144, Math.max(0, seqSub(sk.writeSeq, sk.sndNxt)), true);
  v.setUint32(148, sk.minRtt > 0 ? us(sk.minRtt) : 0xffffffff, true);
  v.setUint32(152, sk.dataSegsIn, true);
  v.setUint32(156, sk.dataSegsOut, true);
  v.setUint32(192, sk.delivered, true);
  u64(200, sk.bytesSent);
  u64(208, sk.bytesRetrans);
  v.setUint32(228, sk.sndWnd, true);
  v.setUint32(232, sk.rcvWnd, true);
  return bytes;
}
