import { makedev } from "../../fs/charDev.ts";
import type { HostStream } from "../../host.ts";
import { onHostEvent } from "../../kernel/hostEvents.ts";
import { groupSendSigInfo, killPgrp } from "../../kernel/signal.ts";
import { KernelTimer } from "../../kernel/time/timer.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass, stateTable } from "../../state.ts";
import { COPY_KERNEL, countCopy, DMA_IN, DMA_OUT } from "../../trace/copies.ts";
import { SIGHUP, SIGINT, SIGTERM } from "../../uapi/signal.ts";
import { IUTF8 } from "../../uapi/termios.ts";
import { ttyWakeup } from "./flow.ts";
import { hangupTty } from "./hangup.ts";
import { ttyDoResize } from "./ioctl.ts";
import { ttyReceive } from "./nTty/receive.ts";
import { nTtySetTermios } from "./nTty/termios.ts";
import { stdTermios } from "./pty.ts";
import { Tty, type TtyOperations } from "./types.ts";

const CHUNK = 4096;
/** Bytes taken from the host that the line discipline has no room for. */
const INPUT_LIMIT = 8192;
const OUTPUT_LIMIT = 65536;
/** How often a host that took only part of the output is offered the rest. */
const RETRY_NS = 1_000_000;

/** The machine's terminal is the host's; this is what lies between. */
class Console {
  tty: Tty;
  /** Output that the host has not taken yet. */
  pending: Uint8Array[] = [];
  pendingBytes = 0;
  retry: ConsoleRetry;
  constructor(tty: Tty) {
    this.tty = tty;
    this.retry = new ConsoleRetry();
  }
}

class ConsoleRetry extends KernelTimer {
  expire(k: Kernel): void {
    const c = k.subsystems.get("console") as Console;
    drain(k, c);
    ttyWakeup(k, c.tty);
  }
}

stateClass(Console, ConsoleRetry);

/** Where output goes: the first of the host's streams that is a terminal and takes any. */
function outputStream(k: Kernel): HostStream | null {
  const [input, output, error] = k.host.stdio;
  return [output, error, input].find((s) => s.kind === "tty") ?? null;
}

function drain(k: Kernel, c: Console): void {
  const stream = outputStream(k);
  while (c.pending.length > 0) {
    const bytes = c.pending[0] as Uint8Array;
    const n = stream ? stream.write(bytes) : bytes.length;
    // A terminal that is gone swallows the rest.
    const taken = n < 0 ? bytes.length : n;
    if (stream && n > 0) countCopy(k, DMA_OUT, n);
    c.pendingBytes -= taken;
    if (taken < bytes.length) {
      c.pending[0] = bytes.subarray(taken);
      c.retry.expires = k.time.now() + RETRY_NS;
      k.time.addTimer(c.retry);
      return;
    }
    c.pending.shift();
  }
}

function consoleWrite(k: Kernel, _tty: Tty, bytes: Uint8Array, from: number, to: number): number {
  const c = theConsole(k);
  const n = c.tty.stopped ? 0 : Math.min(to - from, OUTPUT_LIMIT - c.pendingBytes);
  if (n <= 0) return 0;
  c.pending.push(bytes.slice(from, from + n));
  countCopy(k, COPY_KERNEL, n);
  c.pendingBytes += n;
  if (c.retry.heapIndex < 0) drain(k, c);
  return n;
}

const consoleOps: TtyOperations = stateTable("console_tty_ops", {
  name: "serial",
  isPty: false,
  write: consoleWrite,
  writeRoom: (k: Kernel, tty: Tty) => (tty.stopped ? 0 : OUTPUT_LIMIT - theConsole(k).pendingBytes),
  charsInBuffer: (k: Kernel) => theConsole(k).pendingBytes,
  flushBuffer(k: Kernel) {
    const c = theConsole(k);
    c.pending.length = 0;
    c.pendingBytes = 0;
    if (c.retry.heapIndex >= 0) k.time.cancelTimer(c.retry);
  },
  unthrottle: (k: Kernel) => pullInput(k),
});

function theConsole(k: Kernel): Console {
  let c = k.subsystems.get("console") as Console | undefined;
  if (!c) {
    const termios = stdTermios();
    termios.iflag |= IUTF8;
    const tty = new Tty(consoleOps, "ttyS0", 0, makedev(4, 64), termios);
    c = new Console(tty);
    k.subsystems.set("console", c);
    nTtySetTermios(k, tty, null);
    tty.winsize = hostSize(k) ?? tty.winsize;
  }
  return c;
}

/** This machine's console. */
export function consoleTty(k: Kernel): Tty {
  return theConsole(k).tty;
}

function hostSize(k: Kernel): Tty["winsize"] | null {
  for (const s of k.host.stdio) {
    const size = s.kind === "tty" ? s.windowSize?.() : undefined;
    if (size) return { rows: size.rows, cols: size.cols, xpixel: 0, ypixel: 0 };
  }
  return null;
}

/** Takes what the host has typed, as far as there is room. */
function pullInput(k: Kernel): void {
  const stream = k.host.stdio[0];
  if (stream.kind !== "tty") return;
  const { tty } = theConsole(k);
  while (tty.flipUsed < INPUT_LIMIT) {
    const got = stream.read(CHUNK);
    if (got === "wait" || (got !== null && got.length === 0)) return;
    if (got === null) {
      hangupTty(k, tty);
      return;
    }
    countCopy(k, DMA_IN, got.length);
    ttyReceive(k, tty, got);
  }
}

onHostEvent("stdin", pullInput);

onHostEvent("winch", (k) => {
  const size = hostSize(k);
  if (size) ttyDoResize(k, consoleTty(k), size);
});

/** A signal that the host's process got goes to the foreground group, or to the machine's program. */
function forward(k: Kernel, sig: number): void {
  const { pgrp } = consoleTty(k);
  if (pgrp !== 0) killPgrp(k, pgrp, sig);
  else if (k.program) groupSendSigInfo(k, sig, null, k.program);
}

onHostEvent("sigint", (k) => forward(k, SIGINT));
onHostEvent("sigterm", (k) => {
  if (k.program) groupSendSigInfo(k, SIGTERM, null, k.program);
});
onHostEvent("sighup", (k) => {
  if (consoleTty(k).session !== 0) hangupTty(k, consoleTty(k));
  else if (k.program) groupSendSigInfo(k, SIGHUP, null, k.program);
});
