import { Code, type ValType } from "../wasm/code.ts";

/**
 * The body of the dispatch loop: every op's scratch locals come from one pool that is refilled
 * after each op. Hundreds of ops would otherwise leave hundreds of locals, each of them a phi at the
 * head of the loop.
 */
export class PooledCode extends Code {
  #taken: [ValType, number][] = [];
  readonly #pool = new Map<ValType, number[]>();
  #pooling = false;

  /** From here on locals are pooled. */
  startPooling(): void {
    this.#pooling = true;
  }

  override local(type: ValType): number {
    if (!this.#pooling) return super.local(type);
    const index = this.#pool.get(type)?.pop() ?? super.local(type);
    this.#taken.push([type, index]);
    return index;
  }

  override temp(type: ValType): number {
    return this.local(type);
  }

  override release(): void {
    // All scratch locals of an op are given back together.
  }

  /** Gives back what the op that ends here has taken. */
  endOp(): void {
    for (const [type, index] of this.#taken) {
      const list = this.#pool.get(type);
      if (list) list.push(index);
      else this.#pool.set(type, [index]);
    }
    this.#taken = [];
  }
}
