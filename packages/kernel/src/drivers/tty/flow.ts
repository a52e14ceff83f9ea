import type { Kernel } from "../../kernel.ts";
import { EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDNORM, EPOLLWRNORM } from "../../uapi/eventpoll.ts";
import { TIOCPKT_START, TIOCPKT_STOP } from "../../uapi/ttyIoctl.ts";
import type { Tty } from "./types.ts";

/** Changes the status byte that a master in packet mode reads about this end, and tells its readers. */
export function packetStatus(k: Kernel, tty: Tty, set: number, clear: number): void {
  const master = tty.link;
  if (!master?.packet) return;
  tty.pktStatus = (tty.pktStatus & ~clear) | set;
  master.readWait.wakeUpAll(k, EPOLLIN | EPOLLRDNORM | EPOLLPRI);
}

/** Writers may try again. @linux drivers/tty/tty_io.c tty_wakeup */
export function ttyWakeup(k: Kernel, tty: Tty): void {
  tty.writeWait.wakeUpAll(k, EPOLLOUT | EPOLLWRNORM);
}

/** @linux drivers/tty/tty_io.c stop_tty */
export function stopTty(k: Kernel, tty: Tty): void {
  if (tty.stopped) return;
  tty.stopped = true;
  if (tty.ops.isPty) packetStatus(k, tty, TIOCPKT_STOP, TIOCPKT_START);
}

/** @linux drivers/tty/tty_io.c start_tty */
export function startTty(k: Kernel, tty: Tty): void {
  if (!tty.stopped || tty.tcoStopped) return;
  tty.stopped = false;
  if (tty.ops.isPty) packetStatus(k, tty, TIOCPKT_START, TIOCPKT_STOP);
  ttyWakeup(k, tty);
}
