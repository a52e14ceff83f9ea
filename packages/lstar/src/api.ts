/** Bytes copied by the processor (within the kernel, and for `pages` on write), zeroed, and moved by devices: what comes from the host, or goes there. */
export interface CopyCounts {
  readonly fromUser: number;
  readonly toUser: number;
  readonly kernel: number;
  readonly pages: number;
  readonly zeroed: number;
  readonly dmaIn: number;
  readonly dmaOut: number;
}

/** One system call of the run. */
export interface SyscallRecord {
  pid: number;
  name: string;
  /** Value returned to the program, or a negated errno. */
  result: number;
  /** What it has moved. */
  copies: CopyCounts;
}

/** One task of the run: process or thread. */
export interface TaskRecord {
  pid: number;
  /** Its name in the end. */
  name: string;
  /** What it has moved, page faults and loading its programs included. */
  copies: CopyCounts;
}

export interface RunOptions {
  /** Text or bytes of standard input. */
  stdin?: string | Uint8Array;
  env?: Record<string, string>;
  cwd?: string;
  /** Files put into the guest: path → contents (executable). */
  files?: Record<string, string | Uint8Array>;
  /** The root: a host directory (Node only), or a tar archive (plain, gzip or zstd). */
  root?: string | Uint8Array | Blob;
  user?: { uid: number; gid: number };
  /** Bytes of physical memory. */
  memory?: number;
  seed?: number;
  /** Compile hot guest code to WebAssembly (default true); the result is the same. */
  jit?: boolean;
  clock?: "virtual" | "real";
  /**
   * Ports of the host that lead into the guest, as on the command line: "8080:80", "[::1]:0:53/udp". The guest gets a network for
   * it, and the real clock unless another is asked for. Node only.
   */
  publish?: readonly string[];
  /**
   * Places outside that the guest may connect to by TCP, as on the command line: "example.org:443". The host's own ports are
   * "localhost:5432"; the guest reaches those at 10.0.2.2. Node only.
   */
  allowConnect?: readonly string[];
  /** Give the guest a network that reaches nothing by itself, for `connect` of a running machine (default: only with `publish` or `allowConnect`). */
  network?: boolean;
  /** Called with what the program writes to standard output (1) or error (2), as it does. */
  onOutput?: (stream: 1 | 2, bytes: Uint8Array) => void;
  /** The guest's date and time at the start (default: 2030-01-01 with the virtual clock, now with the real one). */
  date?: Date;
}

/** Operations that went over the rings of all programs of the run. */
export interface IoUringCounts {
  /** Entries (SQEs) that the kernel took, and those of them that a thread of SQPOLL took. */
  submitted: number;
  byThread: number;
  /** Completions (CQEs), and those of them that found their ring full. */
  completed: number;
  overflowed: number;
}

/** How a run ended, and what it printed. */
export interface EndedRun {
  /** Exit status as a shell has it: 128 + N after signal N. */
  status: number;
  stdout: string;
  stderr: string;
  stdoutBytes: Uint8Array;
  /** x86 instructions that were executed. */
  instructions: number;
}

export interface RunResult extends EndedRun {
  syscalls: SyscallRecord[];
  tasks: TaskRecord[];
  /** What went over io_uring's rings; the calls of io_uring_enter are among `syscalls`. */
  ioUring: IoUringCounts;
}

/**
 * Starts a machine, runs one program in it to its end, and gives what it did.
 * @throws an Error that says why if the program cannot be started.
 */
export type Run = (argv: readonly string[], options?: RunOptions) => Promise<RunResult>;

/** A port of the host that leads into a guest. */
export interface PublishedPort {
  /** Address of the host. */
  readonly ip: string;
  readonly hostPort: number;
  readonly guestPort: number;
  readonly protocol: "tcp" | "udp";
}

/** A TCP connection to a program in a guest. Each direction ends for itself; what is not read keeps the program from sending more. */
export interface GuestConnection {
  /** What the program sends. It errors if the connection is reset; cancelling it resets the connection. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What it receives. Closing tells it that no more will come; aborting resets the connection. */
  readonly writable: WritableStream<Uint8Array>;
}

/** A machine that runs while other code of the page or process does. */
export interface RunningMachine {
  /** What `publish` asked for, with the ports that were taken for 0. */
  readonly ports: readonly PublishedPort[];
  /**
   * Connects to a port that a program of the guest listens on, without a socket of the host: it works in a browser, too.
   * The guest sees a client at 10.0.2.2. `timeout`: milliseconds for which a refused connection is tried again, while a server starts (default 0).
   * @throws an Error with code ECONNREFUSED if no program listens there, or one that says that the machine has no network or has ended
   */
  connect(port: number, options?: { timeout?: number }): Promise<GuestConnection>;
  /** Sends the program a signal, as ^C or a service manager does. */
  signal(name: "SIGINT" | "SIGTERM" | "SIGHUP"): void;
  /** Ends the machine at once; its status is then 137. */
  stop(): void;
  /** The run's result, when the program has ended. With `onOutput` what was printed is not kept. */
  readonly ended: Promise<EndedRun>;
}

/**
 * Starts a machine with one program and goes on beside it.
 * @throws an Error that says why if the program cannot be started, or a port not be published.
 */
export type Start = (argv: readonly string[], options?: RunOptions) => Promise<RunningMachine>;

/** A moment of a run: instructions retired by all tasks together, and the number of the next event. */
export interface Position {
  instructions: number;
  event: number;
}

/** Kinds of events, by the names of Linux's tracepoints; `write` is output that leaves the machine. */
export type EventKind =
  | "sys_enter"
  | "sys_exit"
  | "sched_switch"
  | "sched_wakeup"
  | "sched_process_fork"
  | "sched_process_exec"
  | "sched_process_exit"
  | "signal_generate"
  | "signal_deliver"
  | "page_fault_user"
  | "timer_expire_entry"
  | "io_uring_submit_req"
  | "io_uring_complete"
  | "io_uring_cqe_overflow"
  | "write";

/** Something that happened in a run. Several events may lie between two instructions: all that one system call does. */
export interface RunEvent {
  /** From 0, in the order of the run. */
  readonly number: number;
  readonly kind: EventKind;
  /** Instructions retired before it; a system call's own instruction is among them. */
  readonly position: number;
  /** The task that it happens to. */
  readonly pid: number;
  /**
   * sys_enter, sys_exit: the call's number. sched_switch: who runs next (0: nobody). sched_wakeup: the task that woke it
   * (0: a timer or a device). sched_process_fork: the new task. sched_process_exit: the wait status. signal_*: the signal.
   * page_fault_user: the address. io_uring_submit_req: the entry's operation. io_uring_complete, io_uring_cqe_overflow: user_data,
   * as far as a number holds it. write: bytes.
   */
  readonly value: number;
  /**
   * sys_exit: what it returned, or a negated errno. signal_generate: who sent it (0: the kernel). io_uring_submit_req: user_data.
   * io_uring_complete, io_uring_cqe_overflow: the result in the CQE.
   */
  readonly result: number;
}

/** What a step goes to: the next or last instruction, C line of the program, system call, event of any kind or of one. */
export type StepKind = "instruction" | "line" | "syscall" | "event" | EventKind;

/** A change of memory. The machine stands before the instruction, or the kernel's work, that makes it. */
export interface MemoryChange {
  readonly instructions: number;
  /** The task that runs there. */
  readonly pid: number;
  readonly old: Uint8Array;
  readonly new: Uint8Array;
}

/** A task woken. The machine stands behind the kernel's work that did it. */
export interface Wakeup {
  readonly instructions: number;
  readonly event: number;
  /** Who did it; 0: a timer or a device. */
  readonly waker: number;
}

export interface SourceLine {
  readonly file: string;
  readonly line: number;
  readonly function: string;
}

/** A whole machine at one moment; unchanged pages of memory are shared between snapshots. */
export interface MachineSnapshot {
  readonly instructions: number;
  /**
   * The snapshot as a file. With `files` it also holds what the host's files will answer until the program ends or
   * waits, so that it goes on where they are not (in a browser): a second machine runs to the end to find that out.
   */
  toBytes(options?: { files?: boolean }): Uint8Array;
}

/** A run that goes forward and back. All of it happens at once, on a virtual clock; only starting takes a promise. */
export interface TimeTravel {
  readonly position: Position;
  /** How far the run has been. */
  readonly furthest: Position;
  readonly exited: boolean;
  /** Exit status as a shell has it, -1 before the end. */
  readonly status: number;
  /** What has been written up to here. */
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes that the snapshots on the way take. */
  readonly snapshotBytes: number;
  /** Files of the host that a machine from a snapshot file has asked for in vain. */
  readonly missing: readonly string[];
  /** Events that are known. */
  readonly events: number;
  event(number: number): RunEvent | null;
  /** Goes on by some instructions, or to the end. "waiting": everybody sleeps and nothing can wake them. */
  run(instructions?: number): "running" | "waiting" | "exited";
  /**
   * To before an instruction, or to an event: behind the kernel's work that it is part of, all of which is done in one
   * piece. Beyond the furthest point the run goes on until there.
   */
  seek(to: number | { event: number }): void;
  /** Forward (1) or back (-1), of any task or of one. False if there is nothing of that kind; the machine is then at the end, or the beginning. */
  step(kind: StepKind, direction?: 1 | -1, pid?: number): boolean;
  /** Back to before the bytes at an address were last changed; null, with nothing moved, if they were not in this run. */
  lastWrite(address: number, length?: number, pid?: number): MemoryChange | null;
  /** Back to where a task was last woken; null, with nothing moved, if it was not in this run. */
  wokenBy(pid: number): Wakeup | null;
  /** Tasks that are there, zombies included. */
  tasks(): { pid: number; tgid: number; name: string; exited: boolean; copies: CopyCounts }[];
  /** The task that the processor is at. */
  readonly pid: number;
  /** rax … r15, rip, rflags. */
  registers(pid?: number): Record<string, bigint>;
  /** Up to the first page that is not there. */
  memory(address: number, length: number, pid?: number): Uint8Array;
  /** Address of a function or variable of the program's file; -1 if it has none of that name. */
  addressOf(symbol: string): number;
  /** The program's source line that a task is at, null outside. */
  line(pid?: number): SourceLine | null;
  snapshot(): MachineSnapshot;
  /** Another machine that stands at a snapshot (default: here) and goes its own way. */
  fork(snapshot?: MachineSnapshot): TimeTravel;
}

export interface TravelOptions extends Omit<RunOptions, "clock" | "publish" | "allowConnect" | "network" | "onOutput"> {
  /** Bytes that the snapshots on the way may take (default 512 MiB). */
  snapshotMemory?: number;
}

/** Starts a run that can go back. The machine stands before the program's first instruction. */
export type Travel = (argv: readonly string[], options?: TravelOptions) => Promise<TimeTravel>;

/**
 * A machine from a snapshot file. `root` grants it the host directory that was its root again, for what is not in the file.
 * @throws an Error that says what is wrong with the file
 */
export type LoadSnapshot = (
  bytes: Uint8Array,
  options?: Pick<TravelOptions, "jit" | "snapshotMemory"> & { root?: string },
) => Promise<TimeTravel>;
