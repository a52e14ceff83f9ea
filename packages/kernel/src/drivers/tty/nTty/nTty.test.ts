import { expect, test } from "vitest";
import type { Kernel } from "../../../kernel.ts";
import { COPY_KINDS } from "../../../trace/copies.ts";
import { ECHO, ICANON, OPOST } from "../../../uapi/termios.ts";
import { stdTermios } from "../pty.ts";
import { Tty, type TtyOperations } from "../types.ts";
import { MASK } from "./data.ts";
import { processEchoes, processOutput } from "./output.ts";
import { ttyReceive } from "./receive.ts";
import { nTtySetTermios } from "./termios.ts";

/** A terminal whose output is kept, with room for `room` more bytes. */
function terminal(): { k: Kernel; tty: Tty; screen: () => string; setRoom: (n: number) => void } {
  let out = "";
  let room = 1e9;
  const ops: TtyOperations = {
    name: "test",
    isPty: false,
    write(_k, _tty, bytes, from, to) {
      for (let i = from; i < to; i++) out += String.fromCharCode(bytes[i] as number);
      room -= to - from;
      return to - from;
    },
    writeRoom: (_k, tty) => (tty.stopped ? 0 : room),
    charsInBuffer: () => 0,
    flushBuffer() {},
  };
  const k = { pids: new Map(), current: { copied: new Float64Array(COPY_KINDS) } } as unknown as Kernel;
  const tty = new Tty(ops, "test", 0, 0, stdTermios());
  nTtySetTermios(k, tty, null);
  return {
    k,
    tty,
    screen: () => out,
    setRoom(n) {
      room = n;
    },
  };
}

const bytes = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));

function input(tty: Tty): string {
  const { ld } = tty;
  let s = "";
  for (let i = ld.readTail; i < ld.readHead; i++) s += String.fromCharCode(ld.readBuf[i & MASK] as number);
  return s;
}

test("a word is erased from line and screen", () => {
  const t = terminal();
  ttyReceive(t.k, t.tty, bytes("one two\x17x"));
  expect(input(t.tty)).toBe("one x");
  expect(t.screen()).toBe("one two\b \b\b \b\b \bx");
});

test("output that expands is not split where room ends", () => {
  const t = terminal();
  t.setRoom(3);
  expect(processOutput(t.k, t.tty, bytes("ab\nc"), 0, 4)).toBe(2);
  t.setRoom(2);
  expect(processOutput(t.k, t.tty, bytes("\nc"), 0, 2)).toBe(1);
  expect(t.screen()).toBe("ab\r\n");
});

test("echo waits while output is stopped", () => {
  const t = terminal();
  ttyReceive(t.k, t.tty, bytes("a\x13"));
  expect(t.tty.stopped).toBe(true);
  ttyReceive(t.k, t.tty, bytes("bc"));
  expect(t.screen()).toBe("a");
  ttyReceive(t.k, t.tty, bytes("\x11"));
  expect(t.screen()).toBe("abc");
  expect(input(t.tty)).toBe("abc");
});

test("a line keeps its first 4095 bytes and its end", () => {
  const t = terminal();
  t.tty.termios.lflag &= ~ECHO;
  nTtySetTermios(t.k, t.tty, t.tty.termios.copy());
  ttyReceive(t.k, t.tty, bytes(`${"x".repeat(5000)}\n`));
  expect(input(t.tty)).toBe(`${"x".repeat(4095)}\n`);
  expect(t.tty.flipUsed).toBe(0);
});

test("raw input fills the buffer and the rest waits", () => {
  const t = terminal();
  const old = t.tty.termios.copy();
  t.tty.termios.lflag &= ~(ICANON | ECHO);
  t.tty.termios.oflag &= ~OPOST;
  nTtySetTermios(t.k, t.tty, old);
  ttyReceive(t.k, t.tty, bytes("y".repeat(5000)));
  expect(t.tty.ld.readHead - t.tty.ld.readTail).toBe(4095);
  expect(t.tty.flipUsed).toBe(905);
  processEchoes(t.k, t.tty);
  expect(t.screen()).toBe("");
});
