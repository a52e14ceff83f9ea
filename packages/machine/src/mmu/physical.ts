import { FRAME_FLAGS, FRAME_HAS_CODE, FRAME_SNAPSHOT, FRAMES_START, PAGE_SIZE } from "../layout.ts";

/** WebAssembly pages are 64 KiB. */
const WASM_PAGE = 65536;
/** The memory grows by at least this much at a time. */
const GROW_STEP = 16 * 1024 * 1024;
/** The first frame that may be handed out. */
export const FIRST_FRAME = FRAMES_START / PAGE_SIZE;

/** What the allocator of frames knows: reference counts from FIRST_FRAME on, free frames, the first frame never used. */
export interface FrameAllocation {
  refs: Int32Array;
  free: Int32Array;
  next: number;
  used: number;
}

/**
 * Physical memory: 4 KiB frames with reference counts, in one WebAssembly.Memory that grows.
 * Frame number = physical address / 4096; the first frames hold the processor's own state and are
 * never handed out. Growth detaches the old buffer: `u8`, `u32` and `view` must be read anew after
 * anything that may allocate.
 */
export class PhysicalMemory {
  readonly memory: WebAssembly.Memory;
  u8: Uint8Array<ArrayBuffer>;
  u32: Uint32Array<ArrayBuffer>;
  i32: Int32Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  /** Frames that may be in use at once. */
  readonly limitFrames: number;
  usedFrames = 0;
  /** Called when the buffer has been replaced. */
  onGrow: () => void = () => {};
  /** Called before a frame that holds translated code is written. */
  onCodeWrite: (frame: number) => void = () => {};
  #refs: Int32Array;
  /** Stack of free frame numbers. */
  #free: number[] = [];
  #next = FIRST_FRAME;
  #end: number;
  readonly #maxEnd: number;

  /** `limit`: bytes of memory that may be handed out as frames. */
  constructor(limit: number) {
    this.limitFrames = Math.floor(limit / PAGE_SIZE);
    this.#maxEnd = Math.min(1048576, FIRST_FRAME + this.limitFrames);
    const maximum = Math.ceil((this.#maxEnd * PAGE_SIZE) / WASM_PAGE);
    const initial = Math.min(maximum, (FRAMES_START + GROW_STEP) / WASM_PAGE);
    this.memory = new WebAssembly.Memory({ initial, maximum });
    this.u8 = new Uint8Array(this.memory.buffer as ArrayBuffer);
    this.u32 = new Uint32Array(this.u8.buffer);
    this.i32 = new Int32Array(this.u8.buffer);
    this.view = new DataView(this.u8.buffer);
    this.#end = Math.min(this.#maxEnd, (initial * WASM_PAGE) / PAGE_SIZE);
    this.#refs = new Int32Array(this.#end);
  }

  get initialPages(): number {
    return (FRAMES_START + GROW_STEP) / WASM_PAGE;
  }
  get maximumPages(): number {
    return Math.ceil((this.#maxEnd * PAGE_SIZE) / WASM_PAGE);
  }

  /** A frame with one reference and undefined contents, or 0 if the limit is reached. */
  alloc(): number {
    let frame = this.#free.pop() ?? 0;
    if (frame === 0) {
      if (this.#next >= this.#end && !this.#grow()) return 0;
      frame = this.#next++;
    }
    this.#refs[frame] = 1;
    this.usedFrames++;
    return frame;
  }

  /** The same, filled with zeros. */
  allocZeroed(): number {
    const frame = this.alloc();
    if (frame !== 0) this.u8.fill(0, frame * PAGE_SIZE, frame * PAGE_SIZE + PAGE_SIZE);
    return frame;
  }

  get(frame: number): void {
    this.#refs[frame]!++;
  }

  /** Drops a reference; the last one frees the frame. */
  put(frame: number): void {
    if (--this.#refs[frame]! === 0) {
      if (this.u8[FRAME_FLAGS + frame]! !== 0) this.willWrite(frame);
      this.#free.push(frame);
      this.usedFrames--;
    }
  }

  refs(frame: number): number {
    return this.#refs[frame]!;
  }

  /** Must be called before TypeScript writes into a frame: translated code in it is dropped, and a snapshot learns of it. */
  willWrite(frame: number): void {
    if (this.u8[FRAME_FLAGS + frame]! & FRAME_HAS_CODE) this.onCodeWrite(frame);
    this.u8[FRAME_FLAGS + frame]! &= ~FRAME_SNAPSHOT;
  }

  /** A copy of what the allocator knows. */
  allocation(): FrameAllocation {
    return {
      refs: this.#refs.slice(FIRST_FRAME, this.#next),
      free: Int32Array.from(this.#free),
      next: this.#next,
      used: this.usedFrames,
    };
  }

  /** Sets what the allocator knows. @returns false if this memory cannot grow as far */
  setAllocation(a: FrameAllocation): boolean {
    while (this.#end < a.next) if (!this.#grow()) return false;
    this.#refs.fill(0);
    this.#refs.set(a.refs, FIRST_FRAME);
    this.#free = Array.from(a.free);
    this.#next = a.next;
    this.usedFrames = a.used;
    return true;
  }

  #grow(): boolean {
    if (this.#end >= this.#maxEnd) return false;
    const have = this.memory.buffer.byteLength;
    const want = Math.min(this.maximumPages * WASM_PAGE, Math.max(have + GROW_STEP, Math.floor(have * 1.25)));
    const pages = Math.ceil((want - have) / WASM_PAGE);
    try {
      this.memory.grow(pages);
    } catch {
      // The host has no more memory to give: for the guest this is the end of physical memory.
      return false;
    }
    this.u8 = new Uint8Array(this.memory.buffer as ArrayBuffer);
    this.u32 = new Uint32Array(this.u8.buffer);
    this.i32 = new Int32Array(this.u8.buffer);
    this.view = new DataView(this.u8.buffer);
    this.#end = Math.min(this.#maxEnd, Math.floor(this.u8.length / PAGE_SIZE));
    const refs = new Int32Array(this.#end);
    refs.set(this.#refs);
    this.#refs = refs;
    this.onGrow();
    return true;
  }
}
