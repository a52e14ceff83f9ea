import type { Machine } from "@lstar/machine";
import { VdsoState } from "./arch/x86/entry/vdso/vdsoState.ts";
import type { Host } from "./host.ts";
import type { Mount, SuperBlock, Timespec } from "./include/linux/fs.ts";
import type { MmStruct } from "./include/linux/mm_types.ts";
import type { Task } from "./include/linux/sched.ts";
import { type BootOptions, runProgram, startKernel } from "./init/main.ts";
import type { FaultInjection } from "./kernel/faults/injection.ts";
import { FutexTable } from "./kernel/futex/core.ts";
import { type HostEventKind, runHostEvent } from "./kernel/hostEvents.ts";
import { PAUSED_AT_USER, PAUSED_BETWEEN, Scheduler } from "./kernel/sched/core.ts";
import { SchedulePerturbation } from "./kernel/sched/perturb.ts";
import { MainLoop } from "./kernel/sched/schedule.ts";
import { Timekeeping } from "./kernel/time/timekeeping.ts";
import { Rng } from "./lib/rng.ts";
import { TraceEvents } from "./trace/events.ts";

/** Options of a machine, see `lstar run --help`. */
export interface KernelOptions {
  /** Seed of everything random: ASLR, /dev/urandom, AT_RANDOM. */
  seed: number;
  /** "virtual": time comes from retired instructions; "real": from the host. */
  clock: "virtual" | "real";
  hostname: string;
  /** Wall-clock time at boot (default: a fixed date with the virtual clock, the host's time with the real one). */
  date?: Timespec | null;
  /** Vary the schedule as widely as possible, to find races (default false). */
  chaos?: boolean;
}

/**
 * One running kernel. Subsystems are functions that take it first, named as Linux names them;
 * this object holds what they share. `machine`, `host` and `trace` are the outside; the rest is state.
 */
export class Kernel {
  readonly machine: Machine;
  /** May be replaced between slices: recorders put themselves before it. */
  host: Host;
  readonly trace = new TraceEvents();
  readonly options: KernelOptions;
  /** The task in whose context the kernel runs. */
  current!: Task;
  /** The task whose registers are in the processor (null = nobody's), and the address space that is active. */
  cpuTask: Task | null = null;
  activeMm: MmStruct | null = null;
  sched: Scheduler;
  readonly #loop: MainLoop;
  time: Timekeeping;
  rng: Rng;

  /** All tasks by thread id, zombies included. */
  pids = new Map<number, Task>();
  lastPid = 0;
  /** Largest number ever handed out: beyond it every number is free. */
  highestPid = 0;
  /** The kernel's own pid 1: adopts and reaps orphans, never runs a program. */
  initTask!: Task;
  /** The program the machine was started for; its end is the machine's end. */
  program!: Task;
  /** How it was started: file, arguments, number of environment strings. */
  programPath = "";
  programArgv: string[] = [];
  programEnvc = 0;
  rootMount!: Mount;
  exited = false;
  /** Wait status of the program once `exited`. */
  exitStatus = 0;

  /** Queued signals per user, counted against RLIMIT_SIGPENDING. */
  sigPendingCount = new Map<number, number>();

  /** Faults to inject into calls; null = none. */
  faults: FaultInjection | null = null;
  futexes = new FutexTable();
  /** The pages that let programs tell the time without a call. */
  vdso = new VdsoState();

  /** sethostname and setdomainname. */
  hostname: string;
  domainname = "(none)";
  /** /proc/sys/kernel/core_pattern. */
  corePattern = "core";
  /** State that subsystems keep per machine, by the subsystem's name. Values are registered classes or plain data. */
  subsystems = new Map<string, object>();

  constructor(machine: Machine, host: Host, options: KernelOptions) {
    this.machine = machine;
    this.host = host;
    this.options = options;
    this.hostname = options.hostname;
    this.rng = new Rng(options.seed);
    this.time = new Timekeeping(this);
    this.sched = new Scheduler(this);
    this.#loop = new MainLoop(this);
    // The time stamp counter counts ns since boot. With a virtual clock those are instructions.
    if (options.clock === "real") machine.tscClock = () => this.time.now();
  }

  /** Mounts the file systems and loads the first program. @returns 0, or a negated errno if it cannot be executed. */
  boot(options: BootOptions): number {
    const prepared = this.prepare(options);
    return prepared < 0 ? prepared : this.execute(options);
  }

  /** The first part of `boot`, in which nothing depends on the seed: all but loading the program. */
  prepare(options: BootOptions): number {
    return startKernel(this, options);
  }

  /** The second part of `boot`. */
  execute(options: BootOptions): number {
    return runProgram(this, options);
  }

  /** Gives a machine that is prepared another seed. */
  reseed(seed: number): void {
    this.options.seed = seed;
    this.rng = new Rng(seed);
    this.sched.perturbation = new SchedulePerturbation(seed, this.options.chaos ?? false);
  }

  /**
   * Runs at most `maxInstructions`. "idle": everyone sleeps, see nextDeadline; the next call jumps a
   * virtual clock there unless a host event has woken somebody. "exited": see exitStatus.
   * Where slices end has no influence on what happens. With `oneTurn` it returns after each turn of the loop.
   */
  runSlice(maxInstructions: number, oneTurn = false): "running" | "idle" | "exited" {
    return this.#loop.runSlice(maxInstructions, oneTurn);
  }

  /** ns since boot at which the next timer fires, Infinity if none is armed. */
  nextDeadline(): number {
    return this.time.nextExpiry();
  }

  /** Tells the kernel that the host has news, such as input that arrived. */
  hostEvent(kind: HostEventKind): void {
    this.time.update();
    runHostEvent(this, kind);
    if (this.sched.pause === PAUSED_AT_USER) this.sched.pause = PAUSED_BETWEEN;
    this.sched.turn++;
  }
}

export type { BootOptions, HostEventKind, SuperBlock };
