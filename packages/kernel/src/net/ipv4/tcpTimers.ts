import type { Kernel } from "../../kernel.ts";
import { TCP_RTO_MAX } from "../../uapi/tcp.ts";
import type { TcpSock } from "./tcpSock.ts";

/** Arms the retransmission timer for the present timeout. @linux include/net/inet_connection_sock.h inet_csk_reset_xmit_timer */
export function resetRetransTimer(k: Kernel, sk: TcpSock, when = sk.rto): void {
  sk.probe0 = false;
  sk.retransTimer.expires = k.time.now() + Math.min(when, TCP_RTO_MAX);
  k.time.addTimer(sk.retransTimer);
}

/** The time to the next window probe. @linux include/net/tcp.h tcp_probe0_when */
export function probe0When(sk: TcpSock): number {
  const backoff = Math.min(9, sk.backoff);
  return Math.min(Math.max(sk.rto, 200e6) * 2 ** backoff, TCP_RTO_MAX);
}

/** Arms it for a probe of a closed window. @linux include/net/tcp.h tcp_reset_xmit_timer ICSK_TIME_PROBE0 */
export function resetProbe0Timer(k: Kernel, sk: TcpSock, when = probe0When(sk)): void {
  sk.probe0 = true;
  sk.retransTimer.expires = k.time.now() + when;
  k.time.addTimer(sk.retransTimer);
}

/** @linux include/net/inet_connection_sock.h inet_csk_clear_xmit_timer */
export function clearRetransTimer(k: Kernel, sk: TcpSock): void {
  sk.probe0 = false;
  if (sk.retransTimer.heapIndex >= 0) k.time.cancelTimer(sk.retransTimer);
}

/** Arms the timer of a delayed ACK. */
export function sendDelayedAckLater(k: Kernel, sk: TcpSock, at: number): void {
  sk.delackTimer.expires = at;
  k.time.addTimer(sk.delackTimer);
}

/** @linux net/ipv4/inet_connection_sock.c inet_csk_clear_xmit_timers */
export function clearTimers(k: Kernel, sk: TcpSock): void {
  clearRetransTimer(k, sk);
  if (sk.delackTimer.heapIndex >= 0) k.time.cancelTimer(sk.delackTimer);
  if (sk.keepaliveTimer.heapIndex >= 0) k.time.cancelTimer(sk.keepaliveTimer);
  sk.ackPending = 0;
}

/** @linux net/ipv4/inet_connection_sock.c inet_csk_reset_keepalive_timer */
export function resetKeepaliveTimer(k: Kernel, sk: TcpSock, when: number): void {
  sk.keepaliveTimer.expires = k.time.now() + when;
  k.time.addTimer(sk.keepaliveTimer);
}
