import type { Kernel } from "../../../kernel.ts";
import {
  ECHO,
  EXTPROC,
  ICANON,
  ICRNL,
  IEXTEN,
  IGNCR,
  INLCR,
  ISIG,
  ISTRIP,
  IUCLC,
  IXON,
  PARMRK,
  VEOF,
  VEOL,
  VEOL2,
  VERASE,
  VINTR,
  VKILL,
  VLNEXT,
  VQUIT,
  VREPRINT,
  VSTART,
  VSTOP,
  VSUSP,
  VWERASE,
} from "../../../uapi/termios.ts";
import { startTty } from "../flow.ts";
import type { Termios, Tty } from "../types.ts";
import { MASK } from "./data.ts";
import { processEchoes } from "./output.ts";
import { DISABLED_CHAR } from "./receive.ts";

/** The modes changed (`old` null: the terminal is new). @linux drivers/tty/n_tty.c n_tty_set_termios */
export function nTtySetTermios(k: Kernel, tty: Tty, old: Termios | null): void {
  const { ld } = tty;
  const { iflag, lflag, cc } = tty.termios;
  if (!old || (old.lflag ^ lflag) & (ICANON | EXTPROC)) {
    ld.readFlags.fill(0);
    if (!(lflag & ICANON) || ld.readHead === ld.readTail) {
      ld.canonHead = ld.readTail;
      ld.push = false;
    } else {
      // What was typed in raw mode counts as a line.
      ld.readFlags[(ld.readHead - 1) & MASK] = 1;
      ld.canonHead = ld.readHead;
      ld.push = true;
    }
    ld.commitHead = ld.readHead;
    ld.erasing = false;
    ld.lnext = false;
  }
  ld.icanon = (lflag & ICANON) !== 0;
  ld.raw = !(iflag & (ISTRIP | IUCLC | IGNCR | ICRNL | INLCR | IXON | PARMRK)) && !(lflag & (ICANON | ISIG | ECHO));
  const map = ld.charMap.fill(0);
  const mark = (...keys: number[]): void => {
    for (const key of keys) map[cc[key] as number] = 1;
  };
  if (!ld.raw) {
    if (iflag & (IGNCR | ICRNL)) map[13] = 1;
    if (iflag & INLCR) map[10] = 1;
    if (lflag & ICANON) {
      mark(VERASE, VKILL, VEOF, VEOL);
      map[10] = 1;
      if (lflag & IEXTEN) {
        mark(VWERASE, VLNEXT, VEOL2);
        if (lflag & ECHO) mark(VREPRINT);
      }
    }
    if (iflag & IXON) mark(VSTART, VSTOP);
    if (lflag & ISIG) mark(VINTR, VQUIT, VSUSP);
    map[DISABLED_CHAR] = 0;
  }
  if (old && !(iflag & IXON) && old.iflag & IXON && !tty.tcoStopped) {
    startTty(k, tty);
    processEchoes(k, tty);
  }
  tty.writeWait.wakeUpAll(k);
  tty.readWait.wakeUpAll(k);
}
