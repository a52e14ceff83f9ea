import type { Code, ValType } from "../wasm/code.ts";

/**
 * A support function: WebAssembly that is too long to repeat in each op (page walk, flags, 80-bit
 * arithmetic). Built once into the interpreter's module and exported from there to compiled code.
 */
export interface Helper {
  readonly id: number;
  readonly name: string;
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
  readonly build: (c: Code, call: (h: Helper | Upcall) => void) => void;
}

/** A function of TypeScript that WebAssembly may call (i32 and f64 parameters only). For what is rare: transcendental functions, cpuid. */
export interface Upcall {
  readonly id: number;
  readonly name: string;
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}

export const helpers: Helper[] = [];
export const upcalls: (Upcall & { run: UpcallFunction })[] = [];

/** `view` covers the whole linear memory: CPU state at the addresses of layout.ts. */
export type UpcallFunction = (view: DataView, ...args: number[]) => number | undefined;

/**
 * Declares a support function. `build` writes its body into `c` (parameters are locals 0…n-1) and
 * calls other support functions or upcalls through `call`.
 */
export function defineHelper(
  name: string,
  params: readonly ValType[],
  results: readonly ValType[],
  build: (c: Code, call: (h: Helper | Upcall) => void) => void,
): Helper {
  const h: Helper = { id: helpers.length, name, params, results, build };
  helpers.push(h);
  return h;
}

/** Declares a TypeScript function that support functions may call. */
export function defineUpcall(name: string, params: readonly ValType[], results: readonly ValType[], run: UpcallFunction): Upcall {
  const u = { id: upcalls.length, name, params, results, run };
  upcalls.push(u);
  return u;
}
