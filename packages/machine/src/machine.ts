import { CpuContext } from "./cpu.ts";
import { BLOCK_MAX, buildInterpreter, EXIT_FAULT, EXIT_MAPPINGS, numberOps, SYSCALL_ELSEWHERE, SYSCALL_SAME } from "./interp/module.ts";
import { upcalls } from "./ir/helper.ts";
import { OBSERVE } from "./ir/ops/observe.ts";
import { Regions } from "./jit/regions.ts";
import { JumpCache } from "./jumpCache.ts";
import {
  AFTER_CHUNK,
  AT_REGION,
  BUDGET,
  BUDGET_START,
  CC_OP,
  CPU_CONTEXT_START,
  ENDED_IN_REGION,
  EXACT_END,
  FRAME_FLAGS,
  FRAME_HAS_CODE,
  IN_REGION,
  IR_CACHE,
  IR_SIDE,
  MAPPINGS,
  PAGE_SIZE,
  PATCH_SLOT,
  RESUMED,
  RESUMED_BUDGET,
  RFLAGS,
  RIP,
  TRAP_ADDR,
  TRAP_ERROR,
  TRAP_PC,
  TRAP_VECTOR,
  TSC_AUX,
  TSC_START,
} from "./layout.ts";
import "./lift/index.ts";
import { HEADER_RIP } from "./lift/header.ts";
import { BlockCache, type Observer, SCRATCH_SIZE } from "./lift/translate.ts";
import { type DebugPoint, Mmu } from "./mmu/mmu.ts";
import { PhysicalMemory } from "./mmu/physical.ts";
import { RepeatedStep } from "./repeatedStep.ts";
import { PROBE_CHUNK, Sampling } from "./sampling.ts";
import type { MachineImage } from "./snapshot.ts";
import { Trap } from "./trap.ts";

export interface MachineOptions {
  /** Bytes of physical memory that may be handed out. */
  memoryLimit: number;
  /** Compile hot code to WebAssembly (default true). Results are the same either way. */
  jit?: boolean;
}

interface InterpreterExports {
  run(pc: number): number;
  materialize(): number;
}

/** A debugger's wish to stop a run at chosen instructions. Both answers true make `run` return Trap.BUDGET there. */
export interface Watcher {
  /** The instruction at one of the chosen addresses is next, after `position` retired instructions. */
  arrive(rip: number, position: number): boolean;
  /** The next instruction writes to a frame given to `watchFrame`; the frame is watched no more. */
  store(frame: number): boolean;
}

const TF = 0x100;
const RF = 0x10000;
const DR_STEP = 0x4000;
const HIGH = 4294967296;
/** Instructions to interpret on the way back into compiled code that are too many. */
const LONG_WAY = 2000;
/** A run longer than this looks whether it comes into compiled code soon, in so many chunks. */
const LONG_RUN = 200_000;
const MAX_PROBES = 4;

let interpreterModule: WebAssembly.Module | null = null;

/** The interpreter's module as binary. It depends on nothing but this program, so a build may keep it. */
export function interpreterBytes(): Uint8Array<ArrayBuffer> {
  return buildInterpreter(numberOps(), { initial: 1, maximum: 65536 });
}

/** Uses a module that `interpreterBytes` of this same build made, instead of generating it. */
export function useInterpreter(bytes: Uint8Array<ArrayBuffer>): void {
  interpreterModule = new WebAssembly.Module(bytes);
}

/** An x86-64 processor in user mode, with physical memory. Knows nothing of Linux. */
export class Machine {
  readonly phys: PhysicalMemory;
  readonly mmu: Mmu;
  readonly blocks: BlockCache;
  /** The live registers. */
  readonly cpu: CpuContext;
  /** Error code and address (CR2, exact below 2^53) of the last trap. */
  trapError = 0;
  trapAddress = 0;
  trapAddressLo = 0;
  trapAddressHi = 0;
  /** Instructions retired by the last `run`. */
  retired = 0;
  /** Instructions retired in all. */
  totalRetired = 0;
  /** What rdtsc gives when `run` starts, and ticks per instruction. */
  tscBase = 0;
  tscPerInsn = 1;
  /** Gives the TSC where it does not follow from the instructions. */
  tscClock: (() => number) | null = null;
  /** rdtsc raises #GP, as with CR4.TSD. */
  tscFault = false;
  /** The image last captured or restored; frames marked FRAME_SNAPSHOT are as it says. */
  latestImage: MachineImage | null = null;
  /** A debugger, see `setStops`. */
  watcher: Watcher | null = null;
  /**
   * Serves a system call in the midst of `run`, with the counts of `run` as if it had returned Trap.SYSCALL here.
   * @returns instructions to go on with, as if `run` were called anew, or 0 to let it return Trap.SYSCALL_DONE
   */
  onSyscall: (() => number) | null = null;
  /** Debug registers that are enabled; while there are any, instructions run one by one. Change it only between runs. */
  debugPoints: readonly DebugPoint[] | null = null;
  /** With Trap.DB: DR6's bits, 1 << n for register n, 0x4000 for a step. */
  debugHits = 0;
  readonly #interp: InterpreterExports;
  readonly #jumps: JumpCache;
  readonly #iteration: RepeatedStep;
  #stop = false;
  readonly #sampling = new Sampling();
  #regions: Regions | null = null;
  /** Budget of the present `run`, what was left of it when the present chunk began, and the chunk's own. */
  #budget = 0;
  #left = 0;
  #chunk = 0;
  /** The present chunk began behind a system call. */
  #resumed = false;
  /** An instruction runs alone: whatever it is ends it. */
  #single = false;
  /** What was left of the chunk before that. */
  #singleLeft = 0;

  constructor(options: MachineOptions) {
    this.phys = new PhysicalMemory(options.memoryLimit);
    this.mmu = new Mmu(this.phys);
    const numbers = numberOps();
    this.blocks = new BlockCache(this.phys, this.mmu, numbers.numberOf);
    this.#jumps = new JumpCache(this.phys);
    this.cpu = new CpuContext(this.phys.u8.buffer, CPU_CONTEXT_START);
    this.cpu.reset();
    this.#iteration = new RepeatedStep(this.cpu, this.mmu, this.phys);
    interpreterModule ??= new WebAssembly.Module(interpreterBytes());
    const table = new WebAssembly.Table({ element: "anyfunc", initial: Math.max(1, numbers.cold.length) });
    const regions = new WebAssembly.Table({ element: "anyfunc", initial: 64 });
    const upcall: Record<string, (...args: number[]) => number | undefined> = {};
    for (const u of upcalls) upcall[u.name] = (...args) => u.run(this.phys.view, ...args);
    upcall[OBSERVE] = (number) => {
      this.blocks.observer?.before(number as number);
      return undefined;
    };
    const instance = new WebAssembly.Instance(interpreterModule, {
      env: {
        memory: this.phys.memory,
        ops: table,
        regions,
        readSlow: this.mmu.readSlow,
        writeSlow: this.mmu.writeSlow,
        commitBounce: this.mmu.commitBounce,
        syscall: this.#syscall,
      },
      upcall,
    });
    this.#interp = instance.exports as unknown as InterpreterExports;
    if (options.jit !== false) {
      const { memory } = this.phys;
      const { commitBounce } = this.mmu;
      const { probeRead, probeWrite, probeModify } = instance.exports as unknown as Record<string, WebAssembly.ImportValue>;
      this.#regions = new Regions(this.phys, this.mmu, this.blocks, numbers, regions, {
        env: { memory, probeRead, probeWrite, probeModify, commitBounce, syscall: this.#syscall } as Record<
          string,
          WebAssembly.ImportValue
        >,
        helper: Regions.helperImports(instance.exports),
      });
    }
    this.phys.onGrow = () => {
      this.blocks.rebind();
      this.cpu.rebind(this.phys.u8.buffer, CPU_CONTEXT_START);
    };
    this.phys.onCodeWrite = (frame) => this.blocks.dropFrame(frame);
  }

  saveContext(ctx: CpuContext): void {
    ctx.copyFrom(this.cpu);
  }
  loadContext(ctx: CpuContext): void {
    this.cpu.copyFrom(ctx);
  }

  /** Switches page tables. `asid` (1 … 2^31) tags code lookups: one number per address space, never reused. */
  setAddressSpace(pgdFrame: number, asid: number): void {
    this.mmu.setRoot(pgdFrame, asid);
  }
  /** Forgets all remembered translations of the present address space. */
  flushTlb(): void {
    this.mmu.flush();
    this.mmu.flushJumpCache();
    this.phys.i32[MAPPINGS >> 2]!++;
  }
  /** Forgets the translation of one page. */
  flushTlbPage(va: number): void {
    this.mmu.flushPage(va);
    this.#regions?.pageChanged(va);
    this.#jumps.drop(va);
  }

  /**
   * Physical address of a user byte for the kernel's own access, or -1 if the page tables do not allow
   * it now. Code in a frame about to be written is dropped.
   */
  translate(va: number, write: boolean): number {
    if (va < 0 || va >= 0x800000000000) return -1;
    const pa = this.mmu.walk(va, write);
    if (write && pa >= 0) this.phys.willWrite(Math.floor(pa / PAGE_SIZE));
    return pa;
  }

  /** The compiler, for statistics; null without. */
  get regions(): Regions | null {
    return this.#regions;
  }

  /** Makes the present or next `run` return Trap.BUDGET soon. */
  requestStop(): void {
    this.#stop = true;
  }

  /** Asks the watcher before each instruction at one of these addresses, in every address space. Null: no more. */
  setStops(addresses: ReadonlySet<number> | null): void {
    this.blocks.stops = addresses;
    this.blocks.flush();
  }

  /** Tells somebody of instructions before they run, in every address space: slow, nothing is compiled. Null: no more. */
  setObserver(observer: Observer | null): void {
    this.blocks.observer = observer;
    this.blocks.flush();
  }

  /** For an observer in the midst of `run`: instructions retired before the present block. */
  get retiredBeforeBlock(): number {
    const { i32 } = this.phys;
    return this.totalRetired + i32[BUDGET_START >> 2]! - (this.#single ? this.#singleLeft : i32[BUDGET >> 2]!);
  }

  /** For an observer: has `run` return after some hundred instructions at most. */
  stopSoon(): void {
    this.#stop = true;
    const { i32 } = this.phys;
    const cut = i32[BUDGET >> 2]! - BLOCK_MAX;
    if (this.#single || cut <= 0) return;
    this.#chunk -= cut;
    i32[BUDGET >> 2]! -= cut;
    i32[BUDGET_START >> 2]! -= cut;
    i32[AFTER_CHUNK >> 2]! += cut;
  }

  /** Tells the watcher before the next write to a frame; the way is the one that protects translated code. */
  watchFrame(frame: number): void {
    const { u8 } = this.phys;
    if (u8[FRAME_FLAGS + frame]! & FRAME_HAS_CODE) return;
    u8[FRAME_FLAGS + frame]! |= FRAME_HAS_CODE;
    this.mmu.protectOften(frame);
  }

  /**
   * Runs user code until a trap, or until exactly `budget` instructions are retired (Trap.BUDGET).
   * @returns a Trap code; `trapError`, `trapAddress` and `retired` tell more.
   */
  run(budget: number): number {
    let code: number = Trap.BUDGET;
    this.#budget = this.#left = budget;
    this.#stop = false;
    // A long run that starts in the midst of a loop looks whether it comes into compiled code soon.
    let probes = budget > LONG_RUN && this.#regions && this.#regions.count > 0 ? MAX_PROBES : 0;
    this.phys.i32[ENDED_IN_REGION >> 2] = 0;
    while (this.#left > 0 && !this.#stop) {
      const ended = this.phys.i32[ENDED_IN_REGION >> 2]! !== 0;
      const looks = probes > 0 && !ended;
      const start = this.cpu.rip;
      this.#resumed = false;
      this.#beginChunk(looks ? PROBE_CHUNK : this.#sampling.chunk());
      code = this.#runChunk();
      this.#endChunk();
      if (code !== Trap.BUDGET) break;
      // Where a chunk of instructions ends is where the program spends its time, more often than not. Chunks
      // end at the same instruction in each run, so what is compiled is the same too.
      if (this.#regions && this.#left > 0 && this.blocks.observer === null) {
        const { i32: words } = this.phys;
        const met = words[RESUMED >> 2] === 0;
        this.#regions.earn(this.totalRetired);
        const where = words[ENDED_IN_REGION >> 2]!;
        if (where !== 0) this.#regions.judge();
        if (where === AT_REGION) this.#sampling.atCompiledCode();
        else if (where === IN_REGION || (this.#sampling.exact && this.#regions.contains(words[TRAP_PC >> 2]!, this.cpu.rip)))
          this.#sampling.inCompiledCode();
        else if (!looks || this.#sampling.due) {
          this.#regions.sample(this.cpu.rip);
          this.#sampling.taken(this.totalRetired);
        }
        // The way back into compiled code is long: a region should start on it.
        if (looks && !met) this.#regions.resume(this.cpu.rip, true);
        else if (ended && met && !this.#resumed && this.#chunk - words[RESUMED_BUDGET >> 2]! > LONG_WAY) this.#regions.resume(start, false);
        probes = met ? 0 : probes - 1;
      }
    }
    // The kernel may look at the flags whatever ended the run.
    if (code === Trap.BUDGET) this.#materialize();
    this.retired = this.#budget - this.#left;
    return code;
  }

  /** Lets the interpreter run for so many instructions, or for those that are left if they are fewer. */
  #beginChunk(size: number): void {
    const { i32 } = this.phys;
    const chunk = Math.min(this.#left, size);
    this.#chunk = chunk;
    i32[RESUMED >> 2] = i32[RESUMED_BUDGET >> 2] = 1;
    i32[ENDED_IN_REGION >> 2] = 0;
    i32[EXACT_END >> 2] = this.#sampling.exact ? 1 : 0;
    i32[TRAP_PC >> 2] = 0;
    i32[BUDGET >> 2] = chunk;
    i32[BUDGET_START >> 2] = chunk;
    i32[AFTER_CHUNK >> 2] = this.#left - chunk;
    this.phys.view.setFloat64(TSC_START, this.#tscStart(), true);
  }

  /** The time stamp counter where the present chunk begins, if it goes with the instructions. */
  #tscStart(): number {
    return this.tscClock === null && !this.tscFault && this.tscPerInsn === 1 ? this.tscBase + this.#budget - this.#left : -1;
  }

  /** Counts what the present chunk has run. */
  #endChunk(): void {
    const done = this.#chunk - this.phys.i32[BUDGET >> 2]!;
    this.#left -= done;
    this.#sampling.ran(done);
    this.totalRetired += done;
  }

  /** Called by guest code at `syscall`, with rip behind it and all registers in memory. @returns SYSCALL_* or a trap code */
  readonly #syscall = (): number => {
    const serve = this.onSyscall;
    if (serve === null || this.#single || this.blocks.stops !== null) return Trap.SYSCALL;
    const { mmu } = this;
    const before = this.phys.i32;
    const { changes } = mmu;
    const lo = before[RIP >> 2];
    const hi = before[(RIP >> 2) + 1];
    const done = this.#chunk - before[BUDGET >> 2]!;
    this.#sampling.ran(done);
    this.totalRetired += done;
    this.retired = this.#budget - this.#left + done;
    const budget = serve();
    const { i32 } = this.phys;
    if (budget <= 0 || this.#stop || i32[RFLAGS >> 2]! & TF) {
      this.#budget = this.#left = 0;
      this.#chunk = i32[BUDGET >> 2]!;
      return Trap.SYSCALL_DONE;
    }
    this.#resumed = true;
    let size = this.#sampling.chunkAfterCall();
    if (size > budget) size = budget;
    this.#budget = this.#left = budget;
    this.#chunk = size;
    i32[BUDGET >> 2] = size;
    i32[BUDGET_START >> 2] = size;
    i32[AFTER_CHUNK >> 2] = budget - size;
    this.phys.view.setFloat64(TSC_START, this.#tscStart(), true);
    return mmu.changes === changes && i32[RIP >> 2] === lo && i32[(RIP >> 2) + 1] === hi ? SYSCALL_SAME : SYSCALL_ELSEWHERE;
  };

  /** Runs until BUDGET is used up, with blocks while it covers them and single instructions at the end. */
  #runChunk(): number {
    // A store met translated code in its own page: that instruction runs alone, from outside the cache,
    // or translating it would protect the frame against it again.
    let alone = false;
    // Block to go on with instead of the one that enters a region.
    let plain = 0;
    for (;;) {
      const { i32 } = this.phys;
      // The branch that came here and wants to be chained, if any.
      const slot = i32[PATCH_SLOT >> 2]!;
      i32[PATCH_SLOT >> 2] = 0;
      const left = i32[BUDGET >> 2]!;
      if (left <= 0) return Trap.BUDGET;
      // The end of a chunk within the run need not be exact.
      if (left < BLOCK_MAX && i32[AFTER_CHUNK >> 2]! > 0 && !alone) return Trap.BUDGET;
      const hi = i32[(RIP >> 2) + 1]!;
      const lo = i32[RIP >> 2]!;
      if (hi >>> 15 !== 0) return this.#fetchFault(lo, hi);
      if (this.blocks.stops !== null && this.#arrives(lo, hi)) return Trap.BUDGET;
      const tf = i32[RFLAGS >> 2]! & TF;
      const watched = this.debugPoints;
      if (watched !== null) {
        if (this.#breaks(watched)) return Trap.DB;
        this.mmu.beginWatch(watched);
      }
      const stepped = tf !== 0 || watched !== null;
      const single = left < BLOCK_MAX || stepped || alone;
      // After a system call the jump cache mostly knows the way on.
      let pc = single || slot !== 0 || plain !== 0 ? 0 : this.#jumps.target(lo, hi);
      if (pc === 0) {
        const rip = hi * HIGH + (lo >>> 0);
        const pa = this.mmu.walk(rip, false, true);
        if (pa < 0) return this.#fetchFault(lo, hi);
        if (single) {
          pc = this.blocks.once(rip, pa, 1);
          alone = false;
        } else if (plain !== 0) {
          pc = plain;
          plain = 0;
        } else {
          const { flushes } = this.blocks;
          pc = this.blocks.at(rip, pa);
          if (this.blocks.mayChain(pc)) this.#jumps.remember(lo, hi, pc, flushes === this.blocks.flushes ? slot : 0);
        }
      }
      this.#single = pc < IR_CACHE + SCRATCH_SIZE;
      const rep = stepped ? this.#iteration.begin() : 0;
      let code = this.#runAt(pc);
      if (watched !== null) this.mmu.endWatch();
      // The kernel may have let the memory grow.
      const { i32: words } = this.phys;
      if (code === Trap.RDTSC || code === Trap.RDTSCP) {
        if (this.tscFault) {
          this.#interp.materialize();
          this.cpu.rip -= code === Trap.RDTSC ? 2 : 3;
          words[BUDGET >> 2]!++;
          this.trapError = 0;
          return Trap.GP;
        }
        this.#readTsc(code === Trap.RDTSCP);
        code = Trap.TRANSLATE;
      }
      if (stepped && (code === Trap.BUDGET || code === Trap.TRANSLATE)) {
        if (rep !== 0) {
          this.#interp.materialize();
          this.#iteration.end(lo, hi, rep);
        }
        if (watched !== null) words[RFLAGS >> 2]! &= ~RF;
        if (!tf && this.mmu.hits === 0) continue;
        this.#interp.materialize();
        this.debugHits = (tf ? DR_STEP : 0) | (watched !== null ? this.mmu.hits : 0);
        this.trapError = 0;
        return Trap.DB;
      }
      if (code === Trap.BUDGET && !this.#single && words[AFTER_CHUNK >> 2]! > 0) return Trap.BUDGET;
      if (code === Trap.BUDGET || code === Trap.TRANSLATE) continue;
      if (code === EXIT_MAPPINGS) {
        plain = this.#regions ? this.#regions.check(words[TRAP_PC >> 2]!) : 0;
        continue;
      }
      if (code === EXIT_FAULT) {
        code = this.#fault();
        if (rep !== 0) this.#iteration.undo();
        if (code === Trap.CODE_WRITE) {
          this.blocks.dropFrame(this.phys.u32[TRAP_ADDR >> 2]!);
          if (this.watcher?.store(this.phys.u32[TRAP_ADDR >> 2]!)) {
            this.#stop = true;
            return Trap.BUDGET;
          }
          alone = true;
          continue;
        }
      }
      this.#materialize();
      return code;
    }
  }

  /** Is a breakpoint at the next instruction? The resume flag passes it once. */
  #breaks(points: readonly DebugPoint[]): boolean {
    if (this.cpu.rflags & RF) return false;
    const { rip } = this.cpu;
    let hits = 0;
    for (const p of points) if (p.kind === 0 && p.address === rip) hits |= 1 << p.index;
    if (hits === 0) return false;
    this.#materialize();
    this.debugHits = hits;
    return true;
  }

  /** Computes the flags, if they have not been: a system call has put them into r11. */
  #materialize(): void {
    if (this.phys.i32[CC_OP >> 2] !== 0) this.#interp.materialize();
  }

  /** Is this an address where the watcher wants to stop now? */
  #arrives(lo: number, hi: number): boolean {
    const rip = hi * HIGH + (lo >>> 0);
    if (!this.blocks.stops?.has(rip) || !this.watcher) return false;
    const { i32 } = this.phys;
    if (!this.watcher.arrive(rip, this.totalRetired + i32[BUDGET_START >> 2]! - i32[BUDGET >> 2]!)) return false;
    this.#stop = true;
    return true;
  }

  /** Enters the interpreter. A single instruction's branch leaves at once because the budget is short. */
  #runAt(pc: number): number {
    if (!this.#single) return this.#interp.run(pc);
    const { i32 } = this.phys;
    // A scratch block: its branches must not look further, so it runs with a budget of its own.
    const left = i32[BUDGET >> 2]!;
    this.#singleLeft = left;
    i32[BUDGET >> 2] = BLOCK_MAX - 1;
    this.phys.view.setFloat64(TSC_START, -1, true);
    const code = this.#interp.run(pc);
    this.phys.view.setFloat64(TSC_START, this.#tscStart(), true);
    i32[BUDGET >> 2] = left - (BLOCK_MAX - 1 - i32[BUDGET >> 2]!);
    return code;
  }

  #fetchFault(lo: number, hi: number): number {
    this.mmu.raiseFetchFault(lo, hi);
    return this.#details();
  }

  /** After an op raised an exception: puts rip and the count at the faulting instruction. */
  #fault(): number {
    const { i32, u8, view } = this.phys;
    const pc = i32[TRAP_PC >> 2]!;
    const side = IR_SIDE + ((pc - IR_CACHE) >> 1);
    const header = i32[(side >> 2) + 1]!;
    const start = (i32[((header + HEADER_RIP) >> 2) + 1]! >>> 0) * HIGH + (i32[(header + HEADER_RIP) >> 2]! >>> 0);
    this.cpu.rip = start + view.getUint16(side, true);
    i32[BUDGET >> 2]! -= u8[side + 2]!;
    const vector = this.#details();
    if (vector === Trap.GP && this.mmu.nonCanonical) {
      this.mmu.nonCanonical = false;
      if (this.blocks.addressesStack(this.cpu.rip)) return Trap.SS;
    }
    return vector;
  }

  #details(): number {
    const { i32 } = this.phys;
    const vector = i32[TRAP_VECTOR >> 2]!;
    this.trapError = i32[TRAP_ERROR >> 2]!;
    this.trapAddressLo = i32[TRAP_ADDR >> 2]!;
    this.trapAddressHi = i32[(TRAP_ADDR >> 2) + 1]!;
    this.trapAddress = (this.trapAddressHi >>> 0) * HIGH + (this.trapAddressLo >>> 0);
    return vector;
  }

  #readTsc(aux: boolean): void {
    const { i32 } = this.phys;
    const done = this.#budget - this.#left + i32[BUDGET_START >> 2]! - i32[BUDGET >> 2]!;
    const tsc = this.tscClock ? this.tscClock() : this.tscBase + done * this.tscPerInsn;
    this.cpu.setParts(0, tsc | 0, 0);
    this.cpu.setParts(2, Math.floor(tsc / HIGH) | 0, 0);
    if (aux) this.cpu.setParts(1, i32[TSC_AUX >> 2]!, 0);
  }
}
