/** How far each thread was when something was published: by thread index, 0 = nothing of it. */
export type VectorClock = number[];

/** Takes over what `from` knows. */
export function join(into: VectorClock, from: VectorClock): void {
  for (let i = 0; i < from.length; i++) {
    const n = from[i] as number;
    if (n > (into[i] ?? 0)) {
      while (into.length < i) into.push(0);
      into[i] = n;
    }
  }
}

/** A thread that is looked at. */
export class ThreadClock {
  readonly index: number;
  readonly pid: number;
  readonly name: string;
  /** What it knows of the others, and its own time. */
  readonly now: VectorClock = [];

  constructor(index: number, pid: number, name: string, known: VectorClock) {
    this.index = index;
    this.pid = pid;
    this.name = name;
    join(this.now, known);
    while (this.now.length <= index) this.now.push(0);
    this.now[index] = (this.now[index] as number) + 1;
  }

  acquire(from: VectorClock | null): void {
    if (from) join(this.now, from);
  }
  /** Publishes what it knows; what it does from now on is not in it. */
  release(into: VectorClock): void {
    join(into, this.now);
    this.now[this.index] = (this.now[this.index] as number) + 1;
  }
}
