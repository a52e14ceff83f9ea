import type { Kernel } from "../../../kernel.ts";
import { ECHOCTL, IUTF8, OCRNL, OLCUC, ONLCR, ONLRET, ONOCR, OPOST, TABDLY, XTABS } from "../../../uapi/termios.ts";
import type { Tty } from "../types.ts";
import { isCntrl, toUpper } from "./ctype.ts";

/** Operations in the echo queue; smaller numbers are bytes. */
const ECHO_CTRL = 0x100;
const ECHO_ERASE_TAB = 0x200;
const ECHO_SET_CANON_COL = 0x300;
const ECHO_MOVE_BACK_COL = 0x301;
/** Most bytes that one character becomes. */
const MAX_EXPANSION = 8;
const OUT_SIZE = 8192;

/** Where a batch of output is put together; empty between calls. */
const out = new Uint8Array(OUT_SIZE);
let outLength = 0;

/** @linux drivers/tty/n_tty.c is_continuation */
export function isContinuation(c: number, tty: Tty): boolean {
  return (tty.termios.iflag & IUTF8) !== 0 && (c & 0xc0) === 0x80;
}

/** One character through output processing into `out`. @linux drivers/tty/n_tty.c do_output_char */
function doOutputChar(tty: Tty, byte: number): void {
  const ld = tty.ld;
  const { oflag } = tty.termios;
  let c = byte;
  switch (c) {
    case 10:
      if (oflag & ONLRET) ld.column = 0;
      if (oflag & ONLCR) {
        ld.canonColumn = ld.column = 0;
        out[outLength++] = 13;
        out[outLength++] = 10;
        return;
      }
      ld.canonColumn = ld.column;
      break;
    case 13:
      if (oflag & ONOCR && ld.column === 0) return;
      if (oflag & OCRNL) {
        c = 10;
        if (oflag & ONLRET) ld.canonColumn = ld.column = 0;
        break;
      }
      ld.canonColumn = ld.column = 0;
      break;
    case 9: {
      const spaces = 8 - (ld.column & 7);
      ld.column += spaces;
      if ((oflag & TABDLY) === XTABS) {
        for (let i = 0; i < spaces; i++) out[outLength++] = 32;
        return;
      }
      break;
    }
    case 8:
      if (ld.column > 0) ld.column--;
      break;
    default:
      if (!isCntrl(c)) {
        if (oflag & OLCUC) c = toUpper(c);
        if (!isContinuation(c, tty)) ld.column++;
      }
  }
  out[outLength++] = c;
}

/**
 * Writes bytes [from, to) through output processing as far as there is room.
 * @returns bytes taken @linux drivers/tty/n_tty.c process_output_block
 */
export function processOutput(k: Kernel, tty: Tty, bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to) {
    const room = Math.min(tty.ops.writeRoom(k, tty), OUT_SIZE);
    outLength = 0;
    while (i < to && outLength + MAX_EXPANSION <= room) doOutputChar(tty, bytes[i++] as number);
    if (i < to && outLength === 0) {
      // Close to full: what does not expand may still fit.
      const c = bytes[i] as number;
      const need = c === 10 && tty.termios.oflag & ONLCR ? 2 : c === 9 ? MAX_EXPANSION : 1;
      if (need > room) break;
      doOutputChar(tty, bytes[i++] as number);
    }
    if (outLength > 0) tty.ops.write(k, tty, out, 0, outLength);
  }
  return i - from;
}

/** Sends what echo there is, as far as there is room. @linux drivers/tty/n_tty.c __process_echoes */
export function processEchoes(k: Kernel, tty: Tty): void {
  const ld = tty.ld;
  const { echo } = ld;
  const post = (tty.termios.oflag & OPOST) !== 0;
  let i = 0;
  while (i < echo.length) {
    const room = Math.min(tty.ops.writeRoom(k, tty), OUT_SIZE);
    if (room < MAX_EXPANSION) break;
    outLength = 0;
    while (i < echo.length && outLength + MAX_EXPANSION <= room) {
      const op = echo[i++] as number;
      if (op < 0x100) {
        if (op === 0xff || !post) {
          out[outLength++] = op;
          if (op === 0xff) ld.column++;
        } else doOutputChar(tty, op);
      } else if (op < 0x200) {
        out[outLength++] = 94;
        out[outLength++] = (op & 0xff) ^ 0o100;
        ld.column += 2;
      } else if (op < 0x300) {
        let chars = op & 0xff;
        // Counted from the start of the line being typed rather than from a tab before.
        if (!(chars & 0x80)) chars += ld.canonColumn;
        for (let back = 8 - (chars & 7); back > 0; back--) {
          out[outLength++] = 8;
          if (ld.column > 0) ld.column--;
        }
      } else if (op === ECHO_SET_CANON_COL) ld.canonColumn = ld.column;
      else if (ld.column > 0) ld.column--;
    }
    if (outLength > 0) tty.ops.write(k, tty, out, 0, outLength);
  }
  if (i > 0) echo.splice(0, i);
}

/** @linux drivers/tty/n_tty.c echo_char_raw */
export function echoCharRaw(tty: Tty, c: number): void {
  tty.ld.echo.push(c);
}

/** Echoes a character; control characters as ^X if ECHOCTL. @linux drivers/tty/n_tty.c echo_char */
export function echoChar(tty: Tty, c: number): void {
  tty.ld.echo.push(tty.termios.lflag & ECHOCTL && isCntrl(c) && c !== 9 ? ECHO_CTRL | c : c);
}

/** @linux drivers/tty/n_tty.c echo_erase_tab */
export function echoEraseTab(tty: Tty, chars: number, afterTab: boolean): void {
  tty.ld.echo.push(ECHO_ERASE_TAB | (chars & 7) | (afterTab ? 0x80 : 0));
}

/** @linux drivers/tty/n_tty.c echo_set_canon_col */
export function echoSetCanonCol(tty: Tty): void {
  tty.ld.echo.push(ECHO_SET_CANON_COL);
}

/** @linux drivers/tty/n_tty.c echo_move_back_col */
export function echoMoveBackCol(tty: Tty): void {
  tty.ld.echo.push(ECHO_MOVE_BACK_COL);
}

/** Ends the \…/ of ECHOPRT. @linux drivers/tty/n_tty.c finish_erasing */
export function finishErasing(tty: Tty): void {
  if (!tty.ld.erasing) return;
  echoCharRaw(tty, 47);
  tty.ld.erasing = false;
}
