import type { Kernel } from "../../../kernel.ts";
import { ECHO, ECHOCTL, ECHOE, ECHOK, ECHOKE, ECHOPRT, VERASE, VKILL, VWERASE } from "../../../uapi/termios.ts";
import type { Tty } from "../types.ts";
import { isAlnum, isCntrl } from "./ctype.ts";
import { MASK } from "./data.ts";
import { echoChar, echoCharRaw, echoEraseTab, echoMoveBackCol, finishErasing, isContinuation } from "./output.ts";

/** Takes back a character, a word or the line being typed, and says so on the screen. @linux drivers/tty/n_tty.c eraser */
export function eraser(_k: Kernel, tty: Tty, key: number): void {
  const { ld, termios } = tty;
  const { lflag, cc } = termios;
  if (ld.readHead === ld.canonHead) return;
  let kind: number;
  if (key === cc[VERASE]) kind = VERASE;
  else if (key === cc[VWERASE]) kind = VWERASE;
  else {
    if (!(lflag & ECHO)) {
      ld.readHead = ld.canonHead;
      return;
    }
    if (!(lflag & ECHOK) || !(lflag & ECHOKE) || !(lflag & ECHOE)) {
      ld.readHead = ld.canonHead;
      finishErasing(tty);
      echoChar(tty, cc[VKILL] as number);
      if (lflag & ECHOK) echoCharRaw(tty, 10);
      return;
    }
    kind = VKILL;
  }
  let seenAlnums = false;
  while (ld.readHead !== ld.canonHead) {
    let head = ld.readHead;
    let c: number;
    do {
      head--;
      c = ld.readBuf[head & MASK] as number;
    } while (isContinuation(c, tty) && head !== ld.canonHead);
    // Never part of a character.
    if (isContinuation(c, tty)) break;
    if (kind === VWERASE) {
      if (isAlnum(c) || c === 95) seenAlnums = true;
      else if (seenAlnums) break;
    }
    const count = ld.readHead - head;
    ld.readHead = head;
    if (lflag & ECHO) echoErasure(tty, kind, c, head, count);
    if (kind === VERASE) break;
  }
  if (ld.readHead === ld.canonHead && lflag & ECHO) finishErasing(tty);
}

function echoErasure(tty: Tty, kind: number, c: number, at: number, count: number): void {
  const { ld, termios } = tty;
  const { lflag, cc } = termios;
  if (lflag & ECHOPRT) {
    if (!ld.erasing) {
      echoCharRaw(tty, 92);
      ld.erasing = true;
    }
    echoChar(tty, c);
    for (let i = 1; i < count; i++) {
      echoCharRaw(tty, ld.readBuf[(at + i) & MASK] as number);
      echoMoveBackCol(tty);
    }
    return;
  }
  if (kind === VERASE && !(lflag & ECHOE)) {
    echoChar(tty, cc[VERASE] as number);
    return;
  }
  if (c === 9) {
    eraseTab(tty);
    return;
  }
  const rubouts = isCntrl(c) ? (lflag & ECHOCTL ? 2 : 0) : 1;
  for (let i = 0; i < rubouts; i++) {
    echoCharRaw(tty, 8);
    echoCharRaw(tty, 32);
    echoCharRaw(tty, 8);
  }
}

/** Counts the columns since the tab before, or the start of the line, to know how far this one reached. */
function eraseTab(tty: Tty): void {
  const { ld } = tty;
  let columns = 0;
  let afterTab = false;
  for (let tail = ld.readHead; tail !== ld.canonHead; ) {
    tail--;
    const c = ld.readBuf[tail & MASK] as number;
    if (c === 9) {
      afterTab = true;
      break;
    }
    if (isCntrl(c)) {
      if (tty.termios.lflag & ECHOCTL) columns += 2;
    } else if (!isContinuation(c, tty)) columns++;
  }
  echoEraseTab(tty, columns, afterTab);
}
