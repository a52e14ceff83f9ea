import * as F from "@lstar/kernel/arch/x86/kernel/sigframe.ts";
import type { SigPending, Task } from "@lstar/kernel/include/linux/sched.ts";
import { siCode } from "@lstar/kernel/kernel/signal/siginfo.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { siginfoText } from "@lstar/trace/strace/signals.ts";
import type { SignalsView } from "../../protocol.ts";
import type { FrameEvent } from "../recorder.ts";
import { hexAt, peek } from "./peek.ts";
import { contextOf } from "./registers.ts";

const RED_ZONE = 128;
const SA_SIGINFO = 4;
const SA_NAMES: readonly (readonly [string, number])[] = [
  ["SA_NOCLDSTOP", 1],
  ["SA_NOCLDWAIT", 2],
  ["SA_SIGINFO", 4],
  ["SA_RESTORER", 0x04000000],
  ["SA_ONSTACK", 0x08000000],
  ["SA_RESTART", 0x10000000],
  ["SA_NODEFER", 0x40000000],
  ["SA_RESETHAND", 0x80000000],
];
/** Names of struct sigcontext's registers, in the order of memory. */
const SC_NAMES = ["r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "di", "si", "bp", "bx", "dx", "ax", "cx", "sp"];

/** A signal that waits in a queue. */
export interface QueuedSignal {
  readonly signal: number;
  /** In the process's shared queue, or the thread's own. */
  readonly shared: boolean;
  readonly code: number;
  /** siginfo_t as strace prints it. */
  readonly text: string;
}

export interface FrameField {
  readonly address: string;
  readonly name: string;
  readonly value: string;
  /** Bytes. */
  readonly size: number;
}

export interface SignalDetails extends SignalsView {
  readonly queue: readonly QueuedSignal[];
  /** The frame with what lies around it on the stack; null outside of handlers. */
  readonly frame: readonly FrameField[] | null;
  /** Address of the frame, hexadecimal, "" outside of handlers. */
  readonly frameAddress: string;
  readonly signalInHandler: number;
}

function members(lo: number, hi: number): number[] {
  const out: number[] = [];
  for (let n = 1; n <= 64; n++) if ((n <= 32 ? lo >>> (n - 1) : hi >>> (n - 33)) & 1) out.push(n);
  return out;
}

function queued(pending: SigPending, shared: boolean): QueuedSignal[] {
  return pending.queue.slice(0, 64).map((q) => ({ signal: q.sig, shared, code: siCode(q.info), text: siginfoText(q.info) }));
}

/** Signals of a task; `live` is the innermost frame of a handler that still runs. */
export function signalsView(k: Kernel, task: Task, live: FrameEvent | null): SignalDetails {
  const actions: SignalsView["actions"][number][] = [];
  task.sighand.action.forEach((a, signal) => {
    if (signal === 0 || (a.handler === 0 && a.flags === 0)) return;
    actions.push({
      signal,
      handler: a.handler === 1 ? "ignore" : a.handler === 0 ? "default" : a.handler.toString(16),
      flags: SA_NAMES.filter(([, bit]) => (a.flags & bit) !== 0)
        .map(([name]) => name)
        .join("|"),
      mask: members(a.maskLo, a.maskHi),
    });
  });
  return {
    pending: members(task.pending.lo, task.pending.hi),
    shared: members(task.signal.sharedPending.lo, task.signal.sharedPending.hi),
    blocked: members(task.blockedLo, task.blockedHi),
    flag: task.sigPendingFlag,
    actions,
    queue: [...queued(task.pending, false), ...queued(task.signal.sharedPending, true)],
    frame: live ? frameFields(k, task, live) : null,
    frameAddress: live ? live.frame.toString(16) : "",
    signalInHandler: live?.signal ?? 0,
  };
}

/** Every field of struct rt_sigframe in memory order, between the handler's stack and the interrupted red zone. */
function frameFields(k: Kernel, task: Task, live: FrameEvent): FrameField[] {
  const bytes = peek(k, task.mm, live.frame, 2048);
  const out: FrameField[] = [];
  const field = (name: string, at: number, size = 8): void => {
    if (at + size > bytes.length) return;
    let value = "";
    for (let i = size - 1; i >= 0; i--) value += (bytes[at + i] as number).toString(16).padStart(2, "0");
    out.push({ address: (live.frame + at).toString(16), name, value, size });
  };
  const note = (name: string, address: number, size: number, value: string): void => {
    out.push({ address: address.toString(16), name, value, size });
  };
  const rsp = contextOf(k, task).get(4);
  if (rsp < live.frame) note("stack of the handler", rsp, live.frame - rsp, `${live.frame - rsp} bytes`);
  field("pretcode", 0);
  field("uc.uc_flags", F.UC_FLAGS);
  field("uc.uc_link", F.UC_LINK);
  field("uc.uc_stack.ss_sp", F.UC_STACK);
  field("uc.uc_stack.ss_flags", F.UC_STACK + 8, 4);
  field("uc.uc_stack.ss_size", F.UC_STACK + 16);
  const sc = F.UC_MCONTEXT;
  SC_NAMES.forEach((name, i) => {
    field(`uc.uc_mcontext.${name}`, sc + i * 8);
  });
  field("uc.uc_mcontext.ip", sc + F.SC_IP);
  field("uc.uc_mcontext.flags", sc + F.SC_FLAGS);
  field("uc.uc_mcontext.cs", sc + F.SC_CS, 2);
  field("uc.uc_mcontext.gs", sc + F.SC_CS + 2, 2);
  field("uc.uc_mcontext.fs", sc + F.SC_CS + 4, 2);
  field("uc.uc_mcontext.ss", sc + F.SC_SS, 2);
  field("uc.uc_mcontext.err", sc + F.SC_ERR);
  field("uc.uc_mcontext.trapno", sc + F.SC_TRAPNO);
  field("uc.uc_mcontext.oldmask", sc + F.SC_OLDMASK);
  field("uc.uc_mcontext.cr2", sc + F.SC_CR2);
  field("uc.uc_mcontext.fpstate", sc + F.SC_FPSTATE);
  field("uc.uc_sigmask", F.UC_SIGMASK);
  if (live.flags & SA_SIGINFO) {
    field("info.si_signo", F.INFO, 4);
    field("info.si_errno", F.INFO + 4, 4);
    field("info.si_code", F.INFO + 8, 4);
    field("info.fields", F.INFO + 16);
  }
  const fpstate = Number.parseInt(hexAt(bytes, sc + F.SC_FPSTATE) || "0", 16);
  if (fpstate > live.frame) note("fpstate (FXSAVE image, xsave header, magic)", fpstate, F.FPSTATE_SIZE, `${F.FPSTATE_SIZE} bytes`);
  const before = Number.parseInt(hexAt(bytes, sc + 15 * 8) || "0", 16);
  // On an alternate stack the interrupted one lies elsewhere.
  if (before > live.frame) {
    note("red zone of the interrupted function", before - RED_ZONE, RED_ZONE, `${RED_ZONE} bytes, left alone`);
    note("interrupted function's stack", before, 0, "rsp before the signal");
  }
  return out;
}
