import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";

/** Something that happens at a point in time: `expire` runs in no task's context. */
export abstract class KernelTimer {
  /** ns since boot. */
  expires = 0;
  /** Position in the heap, -1 while not pending. */
  heapIndex = -1;
  /** Order of arming, so that timers of the same moment fire first come, first served. */
  sequence = 0;
  /** `expires` stands for a moment on the wall clock and moves when that is set. */
  wallClock = false;
  abstract expire(k: Kernel): void;
  /** The wall clock was set; a wall-clock timer's `expires` has been moved already. */
  clockWasSet(_k: Kernel): void {}
}

function before(a: KernelTimer, b: KernelTimer): boolean {
  return a.expires < b.expires || (a.expires === b.expires && a.sequence < b.sequence);
}

/** Pending timers, the earliest on top (a binary heap; timers know their place, so removal is O(log n)). */
export class TimerHeap {
  heap: KernelTimer[] = [];
  nextSequence = 1;

  get first(): KernelTimer | null {
    return this.heap[0] ?? null;
  }

  add(t: KernelTimer): void {
    if (t.heapIndex >= 0) this.remove(t);
    t.sequence = this.nextSequence++;
    t.heapIndex = this.heap.length;
    this.heap.push(t);
    this.up(t.heapIndex);
  }

  remove(t: KernelTimer): boolean {
    const i = t.heapIndex;
    if (i < 0) return false;
    const last = this.heap.pop() as KernelTimer;
    t.heapIndex = -1;
    if (last !== t) {
      this.heap[i] = last;
      last.heapIndex = i;
      this.up(i);
      this.down(last.heapIndex);
    }
    return true;
  }

  private up(start: number): void {
    const h = this.heap;
    let i = start;
    const t = h[i] as KernelTimer;
    while (i > 0) {
      const up = (i - 1) >> 1;
      const p = h[up] as KernelTimer;
      if (!before(t, p)) break;
      h[i] = p;
      p.heapIndex = i;
      i = up;
    }
    h[i] = t;
    t.heapIndex = i;
  }

  private down(start: number): void {
    const h = this.heap;
    let i = start;
    const t = h[i] as KernelTimer;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= h.length) break;
      if (child + 1 < h.length && before(h[child + 1] as KernelTimer, h[child] as KernelTimer)) child++;
      const c = h[child] as KernelTimer;
      if (!before(c, t)) break;
      h[i] = c;
      c.heapIndex = i;
      i = child;
    }
    h[i] = t;
    t.heapIndex = i;
  }
}

stateClass(TimerHeap);
