import type { Machine } from "@lstar/machine";
import type { Host } from "./host.ts";
import type { Task } from "./include/linux/sched.ts";
import type { Scheduler } from "./kernel/sched/core.ts";
import type { Timekeeping } from "./kernel/time/timekeeping.ts";
import { TraceEvents } from "./trace/events.ts";

/** Options of a machine, see `lstar run --help`. */
export interface KernelOptions {
  /** Seed of everything random: ASLR, /dev/urandom, AT_RANDOM. */
  seed: number;
  /** "virtual": time comes from retired instructions; "real": from the host. */
  clock: "virtual" | "real";
  hostname: string;
}

/**
 * One running kernel. Subsystems are functions that take it first, named as Linux names them;
 * this object holds what they share. `machine`, `host` and `trace` are the outside; the rest is state.
 */
export class Kernel {
  readonly machine: Machine;
  readonly host: Host;
  readonly trace = new TraceEvents();
  readonly options: KernelOptions;
  /** The task whose registers are in the processor. */
  current!: Task;
  sched!: Scheduler;
  time!: Timekeeping;
  constructor(machine: Machine, host: Host, options: KernelOptions) {
    this.machine = machine;
    this.host = host;
    this.options = options;
  }
}
