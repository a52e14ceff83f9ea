import type { CopyCounts } from "@lstar/kernel/trace/copies.ts";
/**
 * What the page and the worker that holds the machine say to each other. Plain data, sent with postMessage.
 *
 * A **position** is the number of instructions that all tasks together have retired since the first program
 * started. It names a point between two instructions: position 0 is before the first. Several events may lie at
 * one position (everything that happens inside one system call), so a **moment** has the event's index too.
 */

import type { HostEventKind } from "@lstar/kernel/kernel.ts";

/** A point in the run. event = index of the event that the cursor is on, -1 = none: only the position counts. */
export interface Moment {
  readonly position: number;
  readonly event: number;
}

export type StepKind = "instruction" | "line" | "syscall" | "event";

/** Which program to run and with what. Equal settings give equal runs. */
export interface LoadSettings {
  /** Shown in the guest as argv[0] and as /bin/NAME, where the file lies. */
  readonly name: string;
  /** An ELF file; with DWARF (gcc) or stabs (tcc -g) for line numbers. */
  readonly program: Uint8Array;
  readonly argv: readonly string[];
  /** What standard input holds from the start; null = standard input is the terminal. */
  readonly stdin: string | null;
  readonly env: readonly string[];
  readonly seed: number;
  /** What comes from outside during the run, in order; for a run that is made again. */
  readonly arrivals: readonly ArrivalView[];
  /** The C source, for line-based views; "" if there is none. */
  readonly source: string;
}

/** Kinds of events. The page draws them; args are the numbers a and b and a string, by kind as told here. */
export const EventKind = {
  /** pid enters call a. */
  SYS_ENTER: 0,
  /** pid leaves call a with result b (ERESTART* as negative number). */
  SYS_EXIT: 1,
  /** The processor goes from pid (0 = idle) to task a (0 = idle); b = pid's state (TASK_*), text = the queue it sleeps on, "" if runnable. */
  SWITCH: 2,
  /** pid is woken by task a (0 = a timer or a device). */
  WAKEUP: 3,
  /** pid has made the task a (b = 1: a thread; text: its name, if it is one of the kernel's). */
  FORK: 4,
  /** pid executes text. */
  EXEC: 5,
  /** pid ends with wait status a. */
  EXIT: 6,
  /** Signal a is sent to pid by task b (0 = kernel). */
  SIGNAL_SEND: 7,
  /** pid acts on signal a; b = handler address (0 = default action). */
  SIGNAL_DELIVER: 8,
  /** pid faults at address a; b = error code. */
  PAGE_FAULT: 9,
  /** epoll: item of file descriptor a; b = poll bits; text = insert, modify, remove, callback, ready, overflow, copy:FATE, sleep, return. */
  EPOLL: 10,
  /** A timer fires. text says which. */
  TIMER: 11,
  /** pid writes a bytes to the terminal. */
  OUTPUT: 12,
  /** a bytes typed at the terminal. */
  INPUT: 13,
  /** The kernel writes the vDSO's data page; b = the sequence; text = begin (made odd), written (fields are there, still odd), end (even). pid = who is interrupted. */
  VSYSCALL: 14,
  /** select and poll of pid. text = select or poll: a pass begins over b entries; fd: descriptor a is looked at, b = poll bits found; end: b are ready. */
  SCAN: 15,
  /** A hook has looked at call a of pid. text = seccomp (b = its verdict, SECCOMP_RET_* with data); ptrace entry, exit, stop (b = what the tracer's wait tells), resume (b = signal given). */
  HOOK: 16,
  /**
   * io_uring, a = user_data (as far as a number holds it), b and text by what happens:
   * "create SQ CQ", "submit OP" and "submit-sq OP" (an entry is taken in io_uring_enter, or by the kernel's thread; b = its flags),
   * "async OP" (to a worker), "poll OP" (armed; b = poll bits), "wake OP" (its poll was told; b = poll bits), "link OP" (it joins a chain),
   * "defer OP" (behind a drain), "fail OP" (its chain is given up), "complete OP" (b = the result), "overflow" (b = the result),
   * "wait" (b = completions that the waiter wants), "register" (a = opcode, b = result), "work" (task work has run; b = how many).
   */
  URING: 17,
} as const;
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

/** A batch of consecutive events as columns. Arrays are transferred, `strings` only holds what is new. */
export interface EventPage {
  /** Index of the first event. */
  readonly first: number;
  readonly count: number;
  readonly kind: Uint8Array;
  readonly position: Float64Array;
  /** Virtual time in ns since boot. */
  readonly time: Float64Array;
  readonly pid: Int32Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** Index into the string table; 0 is "". */
  readonly text: Uint32Array;
  /** Strings to append to the table (it begins as [""]). */
  readonly strings: readonly string[];
}

/** A registers view: bit patterns as hexadecimal text without 0x, 16 digits. */
export interface RegistersView {
  /** rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8 … r15, rip. */
  readonly gpr: Readonly<Record<string, string>>;
  readonly eflags: number;
  readonly fsBase: string;
}

export interface FdView {
  readonly fd: number;
  /** Identity of the open file (struct file): equal for shared ones. */
  readonly file: number;
  readonly kind: string;
  readonly path: string;
  readonly flags: string;
  readonly position: number;
  readonly closeOnExec: boolean;
  /** Bytes that wait to be read, -1 where that means nothing. */
  readonly buffered: number;
  readonly capacity: number;
}

export interface VmaView {
  readonly start: number;
  readonly end: number;
  /** As in /proc/PID/maps: rwxp. */
  readonly flags: string;
  readonly offset: number;
  readonly name: string;
  /** Pages present in the page tables. */
  readonly present: number;
}

export interface SignalsView {
  /** Signal numbers. */
  readonly pending: readonly number[];
  readonly shared: readonly number[];
  readonly blocked: readonly number[];
  /** TIF_SIGPENDING. */
  readonly flag: boolean;
  /** Dispositions that are not the default: handler address in hex or "ignore". */
  readonly actions: readonly {
    readonly signal: number;
    readonly handler: string;
    readonly flags: string;
    readonly mask: readonly number[];
  }[];
  /** The frame of the handler that runs now, fields in memory order; null if none. */
  readonly frame: readonly { readonly address: string; readonly name: string; readonly value: string }[] | null;
}

export interface SyscallView {
  readonly nr: number;
  readonly name: string;
  /** As strace prints it. */
  readonly text: string;
  readonly args: readonly { readonly name: string; readonly register: string; readonly value: string; readonly text: string }[];
  /** Linux's entry point and file. */
  readonly linux: string;
  /** The kernel functions passed on the way down, outermost first; names as in our source (camelCase). */
  readonly path: readonly string[];
  /** null while it has not returned. */
  readonly result: string | null;
  readonly instructions: number;
  /** Bytes that it has moved. */
  readonly copied: CopyCounts;
}

/** What the scheduler knows of a task; times in ns of virtual time. */
export interface SchedView {
  readonly policy: string;
  readonly nice: number;
  /** Share of the processor: 1024 at nice 0. */
  readonly weight: number;
  /** Real-time priority, 0 for the others. */
  readonly priority: number;
  readonly vruntime: number;
  /** Left of its time slice. */
  readonly slice: number;
  readonly user: number;
  readonly system: number;
  /** Context switches: it slept, or was preempted. */
  readonly voluntary: number;
  readonly involuntary: number;
}

export interface RunQueueView {
  /** Runnable tasks without the running one, the next first. */
  readonly waiting: readonly number[];
  readonly minVruntime: number;
  readonly needResched: boolean;
  /** Length of a time slice. */
  readonly slice: number;
  readonly switches: number;
}

/** Who hooks a task's calls. */
export interface HooksView {
  readonly seccomp: "off" | "strict" | "filter";
  readonly filters: number;
  /** Its tracer's pid, 0 without one, and whether its calls stop for the tracer. */
  readonly tracer: number;
  readonly traced: boolean;
  readonly audit: boolean;
}

export interface TaskView {
  readonly pid: number;
  readonly tgid: number;
  readonly parent: number;
  readonly comm: string;
  readonly state: "running" | "runnable" | "sleeping" | "uninterruptible" | "stopped" | "zombie" | "dead";
  /** Queues it waits on. */
  readonly queues: readonly string[];
  readonly registers: RegistersView;
  /** struct pt_regs as pushed at the last entry, field name to hex; null in user mode with none kept. */
  readonly ptRegs: Readonly<Record<string, string>> | null;
  /** The call it is in, or the last one it made. */
  readonly call: SyscallView | null;
  readonly inKernel: boolean;
  /** Line of the program's source, 0 = outside it; function of the program. */
  readonly line: number;
  /** Outside of the source: the line of it that called what runs now, 0 if unknown. */
  readonly callerLine: number;
  readonly userFunction: string;
  /** Instruction at rip, disassembled. */
  readonly instruction: string;
  readonly fds: readonly FdView[];
  readonly signals: SignalsView;
  readonly vmas: readonly VmaView[];
  readonly exitCode: number;
  /** Bytes moved on its behalf so far. */
  readonly copied: CopyCounts;
  readonly sched: SchedView;
  readonly hooks: HooksView;
}

export interface EpollItemView {
  readonly fd: number;
  readonly file: number;
  readonly events: string;
  readonly data: string;
  readonly ready: boolean;
  /** Red-black tree: colour and indices of children in `items`, -1 = none. */
  readonly red: boolean;
  readonly left: number;
  readonly right: number;
}

export interface EpollView {
  /** Identity of the epoll file, as FdView.file. */
  readonly file: number;
  readonly owner: number;
  readonly fd: number;
  readonly root: number;
  readonly items: readonly EpollItemView[];
  /** Indices in `items` in list order. */
  readonly readyList: readonly number[];
  readonly overflowList: readonly number[];
  /** Tasks asleep in epoll_wait. */
  readonly waiters: readonly number[];
}

export interface WaitQueueView {
  readonly name: string;
  readonly file: number;
  readonly entries: readonly { readonly what: string; readonly pid: number }[];
}

/** An entry of the submission queue, as it lies in memory. Numbers of 64 bits are hexadecimal text without 0x. */
export interface SqeView {
  /** Its place among the entries. */
  readonly index: number;
  readonly opcode: string;
  readonly flags: string;
  readonly fd: number;
  readonly off: string;
  readonly addr: string;
  readonly len: number;
  readonly opFlags: number;
  readonly userData: string;
}

/** A slot of the submission ring: which entry it names. */
export interface SqSlotView {
  readonly slot: number;
  /** What it is to the kernel: between head and tail, or not. */
  readonly pending: boolean;
  readonly sqe: SqeView;
}

export interface CqSlotView {
  readonly slot: number;
  /** Between head and tail: the program has not taken it. */
  readonly pending: boolean;
  readonly userData: string;
  readonly res: number;
  readonly flags: string;
}

/** A request that the kernel has taken and not completed. */
export interface UringRequestView {
  readonly userData: string;
  readonly opcode: string;
  readonly fd: number;
  /** What it waits for: poll, timer, worker, link, drain, task work, post, running. */
  readonly state: "poll" | "timer" | "worker" | "link" | "drain" | "work" | "post" | "running";
  /** The same in words. */
  readonly waits: string;
  /** user_data of the head of its chain, "" if it is none or its own. */
  readonly chain: string;
}

export interface UringIndexView {
  readonly value: number;
  /** Where the program has it in its memory, hexadecimal; "" if it has not mapped the ring. */
  readonly address: string;
}

export interface UringView {
  readonly file: number;
  readonly owner: number;
  readonly fd: number;
  readonly setup: string;
  readonly sqEntries: number;
  readonly cqEntries: number;
  readonly sqHead: UringIndexView;
  readonly sqTail: UringIndexView;
  readonly cqHead: UringIndexView;
  readonly cqTail: UringIndexView;
  /** How far the kernel has gone, which it tells the program at the end of a batch. */
  readonly cachedSqHead: number;
  readonly cachedCqTail: number;
  readonly sqFlags: string;
  readonly dropped: number;
  readonly overflow: number;
  /** Completions that found no room and wait in the kernel. */
  readonly backlog: readonly { readonly userData: string; readonly res: number }[];
  /** At most 64 slots of each ring are told. */
  readonly sq: readonly SqSlotView[];
  readonly cq: readonly CqSlotView[];
  readonly requests: readonly UringRequestView[];
  /** The kernel's thread, null without SQPOLL. */
  readonly sqThread: {
    readonly pid: number;
    readonly state: "polling" | "asleep" | "gone";
    readonly needWakeup: boolean;
    readonly idle: number;
  } | null;
  /** Tasks asleep in io_uring_enter. */
  readonly waiters: readonly number[];
  /** Workers of the program's tasks. */
  readonly workers: readonly { readonly pid: number; readonly busy: boolean }[];
}

/** Who changed some bytes of a task's memory last before a moment. */
export interface LastWriteView {
  /** Before the instruction, or the kernel's work, that did it. */
  readonly position: number;
  readonly pid: number;
  /** By the kernel, not by an instruction of a program. */
  readonly kernel: boolean;
  /** Values as little-endian numbers. */
  readonly old: number;
  readonly new: number;
  /** Line of the program's source, 0 if unknown. */
  readonly line: number;
}

export interface VdsoView {
  readonly dataAddress: string;
  readonly codeAddress: string;
  readonly sequence: number;
  readonly cycleLast: string;
  readonly mult: number;
  readonly shift: number;
  readonly seconds: number;
  readonly nanoseconds: string;
}

/** Everything the rooms draw of one moment. Rooms may add fields; the page only uses those above. */
export interface StateView {
  readonly moment: Moment;
  readonly time: number;
  /** The task on the processor, 0 = idle. */
  readonly current: number;
  readonly tasks: readonly TaskView[];
  readonly epolls: readonly EpollView[];
  readonly urings: readonly UringView[];
  readonly waitQueues: readonly WaitQueueView[];
  readonly vdso: VdsoView | null;
  readonly runQueue: RunQueueView;
  readonly pageCache: readonly { readonly path: string; readonly pages: number; readonly dirty: number }[];
  /** The kernel function of this moment (our name, camelCase), "" in user mode. */
  readonly kernelFunction: string;
  readonly syscalls: number;
  readonly copiedBytes: number;
}

/** Row of sysCallTable. */
export interface SyscallRow {
  readonly nr: number;
  readonly name: string;
  readonly args: readonly string[];
  readonly supported: boolean;
  readonly linux: string;
}

/** How far the run has come. `paused`: stopped before its end. */
export type RunStatus = "empty" | "loading" | "ready" | "running" | "paused" | "waiting" | "ended";

export interface Progress {
  readonly status: RunStatus;
  /** The run has been computed up to here. */
  readonly frontier: number;
  readonly time: number;
  readonly events: number;
  readonly tasks: number;
  /** Wait status of the first program, -1 before its end. */
  readonly exitStatus: number;
  /** What a person should know: "killed by SIGSEGV", "stopped: more than 10 MB of output" … "" if nothing. */
  readonly note: string;
}

/** Something that came from outside, and exactly when: the run is made again from these. */
export interface ArrivalView {
  readonly position: number;
  /** The kernel's turn at that position. */
  readonly turn: number;
  readonly what:
    | { readonly type: "input"; readonly text: string }
    | { readonly type: "resize"; readonly columns: number; readonly rows: number }
    | { readonly type: "kill"; readonly pid: number; readonly signal: number }
    /** Out of a recording: what it brings is in its log. */
    | { readonly type: "recorded"; readonly kind: HostEventKind };
}

/** A recording of lstar record that was opened. */
export interface OpenedRecording {
  readonly progress: Progress;
  readonly argv: readonly string[];
  /** The program's file, if it was brought in by its name; else empty. */
  readonly program: Uint8Array;
  /** When, where and by which lstar it was made. */
  readonly created: string;
  readonly platform: string;
  readonly lstar: string;
  readonly seed: number;
  readonly clock: "virtual" | "real";
  /** Its length; time (ns) is -1 if it has no end. */
  readonly instructions: number;
  readonly time: number;
  /** Its recorder was killed. */
  readonly cut: boolean;
}

/** Questions with one answer each (`id` comes back in it). */
export type Request =
  | { readonly type: "load"; readonly id: number; readonly settings: LoadSettings }
  /** A file of lstar record instead of a program. */
  | { readonly type: "open"; readonly id: number; readonly file: Uint8Array }
  /** Compute on from the frontier. until: stop there (Infinity: at the end or pause). */
  | { readonly type: "run"; readonly id: number; readonly until: number }
  | { readonly type: "pause"; readonly id: number }
  /** The moment becomes this one (computed first if it lies beyond the frontier); event -1 is answered with the last event at or before the position, or -1. */
  | { readonly type: "seek"; readonly id: number; readonly moment: Moment }
  /** From `from`, to the next or previous one of that kind (of task pid, 0 = any). */
  | {
      readonly type: "step";
      readonly id: number;
      readonly kind: StepKind;
      readonly direction: 1 | -1;
      readonly from: Moment;
      readonly pid: number;
    }
  | { readonly type: "state"; readonly id: number; readonly moment: Moment }
  | {
      readonly type: "memory";
      readonly id: number;
      readonly moment: Moment;
      readonly pid: number;
      readonly address: string;
      readonly length: number;
    }
  /** Who changed the bytes (at most 8) at an address last; the moment may be within the computed run only. */
  | {
      readonly type: "lastWrite";
      readonly id: number;
      readonly moment: Moment;
      readonly pid: number;
      readonly address: string;
      readonly length: number;
    }
  /** An event decoded as text (a call as strace prints it). */
  | { readonly type: "describe"; readonly id: number; readonly event: number }
  | { readonly type: "table"; readonly id: number }
  /** What has come from outside so far. */
  | { readonly type: "arrivals"; readonly id: number }
  /** The page has drawn a batch. */
  | { readonly type: "seen"; readonly id: number }
  /** Typed at the terminal, at the frontier. */
  | { readonly type: "input"; readonly id: number; readonly text: string }
  | { readonly type: "resize"; readonly id: number; readonly columns: number; readonly rows: number }
  /** A signal from outside to a task (the table of signals, live), at the frontier. */
  | { readonly type: "kill"; readonly id: number; readonly pid: number; readonly signal: number };

/** Answers, by request type. */
export interface Answers {
  load: Progress;
  open: OpenedRecording;
  run: Progress;
  pause: Progress;
  seek: Moment;
  step: Moment;
  state: StateView;
  memory: Uint8Array;
  /** null: not changed in this run. */
  lastWrite: LastWriteView | null;
  describe: string;
  table: readonly SyscallRow[];
  arrivals: readonly ArrivalView[];
  seen: null;
  input: Progress;
  resize: Progress;
  kill: Progress;
}

/** Worker to page. */
export type Message =
  | { readonly type: "answer"; readonly id: number; readonly value: Answers[keyof Answers] }
  /** The request could not be done; text is for people. */
  | { readonly type: "failed"; readonly id: number; readonly text: string }
  | { readonly type: "events"; readonly page: EventPage }
  /** Terminal output, in order: piece i ends at byte ends[i] of the data and was written at positions[i]. */
  | { readonly type: "output"; readonly positions: Float64Array; readonly ends: Uint32Array; readonly data: Uint8Array }
  /** Ends a batch of events and output. The page answers each with "seen" once it has drawn it; the machine waits for that. */
  | { readonly type: "progress"; readonly progress: Progress }
  /** The worker itself is ready (sent once). */
  | { readonly type: "hello" };
