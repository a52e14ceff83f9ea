import { TCP_MSS_DEFAULT, TCP_RMEM } from "../../uapi/tcp.ts";
import { seqAdd, seqSub, type TcpSock } from "./tcpSock.ts";

const MAX_WINDOW = 65535;

/** Payload that so much of the receive buffer holds. @linux include/net/tcp.h tcp_win_from_space */
export const winFromSpace = (sk: TcpSock, space: number): number => Math.floor((space * sk.scalingRatio) / 256);
export const spaceFromWin = (sk: TcpSock, win: number): number => Math.floor((win * 256) / sk.scalingRatio);
/** @linux include/net/tcp.h tcp_space */
export const tcpSpace = (sk: TcpSock): number => winFromSpace(sk, sk.rcvbuf - sk.backlogLen - sk.rmemAlloc);
export const tcpFullSpace = (sk: TcpSock): number => winFromSpace(sk, sk.rcvbuf);

/** What the peer may still send of the window it knows. @linux include/net/tcp.h tcp_receive_window */
export function receiveWindow(sk: TcpSock): number {
  return Math.max(0, seqSub(seqAdd(sk.rcvWup, sk.rcvWnd), sk.rcvNxt));
}
export const wndEnd = (sk: TcpSock): number => seqAdd(sk.sndUna, sk.sndWnd);

/** Window and scale that a new connection begins with. @linux net/ipv4/tcp_output.c tcp_select_initial_window */
export function initialWindow(
  space: number,
  mss: number,
  clamp: number,
  wscaleOk: boolean,
): { rcvWnd: number; clamp: number; wscale: number } {
  const max = clamp > 0 ? clamp : MAX_WINDOW * 16384;
  space = Math.min(max, space);
  if (space > mss) space -= space % mss;
  let wscale = 0;
  if (wscaleOk) {
    let s = Math.min(Math.max(space, TCP_RMEM[2]), max);
    while (s > MAX_WINDOW && wscale < 14) {
      s >>>= 1;
      wscale++;
    }
  }
  return { rcvWnd: Math.min(space, 65535 * 16384), clamp: Math.min(MAX_WINDOW * 2 ** wscale, max), wscale };
}

const align = (n: number, shift: number): number => Math.ceil(n / 2 ** shift) * 2 ** shift;

/** The window that the receive buffer allows. @linux net/ipv4/tcp_output.c __tcp_select_window */
export function selectWindow(sk: TcpSock): number {
  let mss = sk.rcvMss;
  let free = tcpSpace(sk);
  const allowed = tcpFullSpace(sk);
  const full = Math.min(sk.windowClamp, allowed);
  if (mss > full) {
    mss = full;
    if (mss <= 0) return 0;
  }
  const shift = sk.rx.rcvWscale;
  if (free < full / 2) {
    sk.quick = 0;
    free = Math.floor(free / 2 ** shift) * 2 ** shift;
    if (free < allowed / 16 || free < mss) return 0;
  }
  if (free > sk.rcvSsthresh) free = sk.rcvSsthresh;
  if (shift > 0) return align(free, shift);
  let window = sk.rcvWnd;
  if (window <= free - mss || window > free) window = free - (free % mss);
  else if (mss === full && free > window + full / 2) window = free;
  return window;
}

/** The window to tell the peer now, as it goes into a header. It never takes back what was promised. @linux net/ipv4/tcp_output.c tcp_select_window */
export function announceWindow(sk: TcpSock): number {
  const current = receiveWindow(sk);
  let window = selectWindow(sk);
  const shift = sk.rx.rcvWscale;
  if (window < current) window = align(current, shift);
  sk.rcvWnd = window;
  sk.rcvWup = sk.rcvNxt;
  return Math.floor(Math.min(window, MAX_WINDOW * 2 ** shift) / 2 ** shift);
}

/** A segment is at most half of the largest window the peer ever told. @linux include/net/tcp.h tcp_bound_to_half_wnd */
export function boundToHalfWindow(sk: TcpSock, size: number): number {
  const cutoff = sk.maxWindow > TCP_MSS_DEFAULT ? Math.floor(sk.maxWindow / 2) : sk.maxWindow;
  return cutoff > 0 && size > cutoff ? Math.max(cutoff, 68 - 20) : size;
}
